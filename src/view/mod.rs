//! What a screen asks, answered as plain data.
