//! What the window does, by accessibility label.
