//! Neutral text: control and bidirectional characters taken out of what plugins write (HP-14).
