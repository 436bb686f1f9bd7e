(component
  ;; HP-08: everything that a program on an ordinary machine takes for granted.
  (import "wasi:sockets/tcp-create-socket@0.2.3" (instance (export "create-tcp-socket" (func))))
  (import "wasi:filesystem/preopens@0.2.3" (instance (export "get-directories" (func))))
  (import "wasi:cli/environment@0.2.3" (instance (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:clocks/wall-clock@0.2.3" (instance (export "now" (func (result u64)))))
)
