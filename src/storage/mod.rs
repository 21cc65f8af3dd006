//! Files made durable: the backend, the map, the lock, atomic replacement.
