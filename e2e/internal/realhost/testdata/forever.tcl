vwait forever
