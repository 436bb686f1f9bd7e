(module
  ;; HP-13: a text of one gigabyte, of which hardly anything is in its memory.
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "isocial:plugin/language-pack@0.1.0#analyze")
    (param $text i32) (param $len i32) (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 1032) (i32.const 2048)) (i32.store (i32.const 1036) (i32.const 0x40000000))
    (i32.const 1024))
)
