(component
  ;; HP-35: a function that turns a handle into its reference would be an oracle. There is none.
  (import "hostile:oracle/pseudonym@0.1.0" (instance (export "of" (func (param "handle" string) (result string)))))
)
