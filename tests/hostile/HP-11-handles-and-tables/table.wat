(module
  ;; HP-11: grows a table until it may not, and then gives up.
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (table $t 1 funcref)
  (func (export "isocial:plugin/language-pack@0.1.0#analyze")
    (param $text i32) (param $len i32) (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (loop $more
      (if (i32.eq (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
      (br $more))
    (i32.const 1024))
)
