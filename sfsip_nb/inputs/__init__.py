"""What is asked for: parameters, secrets, phone numbers, dated region data, and the samples."""
