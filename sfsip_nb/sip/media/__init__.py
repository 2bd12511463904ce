"""Media of a call: RTP, SRTP, G.711, what is sent and what was heard."""
