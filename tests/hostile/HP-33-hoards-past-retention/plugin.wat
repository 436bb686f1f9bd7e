(component
  ;; HP-33: nothing to hoard in.
  (import "wasi:keyvalue/store@0.2.0" (instance (export "open" (func (param "identifier" string)))))
  (import "wasi:keyvalue/atomics@0.2.0" (instance (export "increment" (func (param "key" string) (result s64)))))
)
