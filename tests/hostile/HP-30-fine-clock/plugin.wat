(component
  ;; HP-30: a clock fine enough to see what others do on the same machine. No world has one; what is left of the channel (how long
  ;; its own calls take) can be told to nobody, because a pack's answers are quantised.
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance (export "now" (func (result u64)))))
)
