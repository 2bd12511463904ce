"""The section that every guide shares: the number, the assistant, the wait, the transfer."""
