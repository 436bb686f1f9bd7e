(component
  ;; HP-32: no world has a key-value store, so there are no keys to guess.
  (import "wasi:keyvalue/store@0.2.0" (instance (export "open" (func (param "identifier" string)))))
)
