"""What follows the feed of events in the background: a watcher that wakes streams, and the sender of webhooks."""
