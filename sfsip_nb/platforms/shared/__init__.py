"""What every platform's guide uses: checks, probes, test calls, verification."""
