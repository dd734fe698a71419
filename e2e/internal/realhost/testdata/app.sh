# Says when it has a trap, when that begins, and when it has cleaned up.
trap 'echo handler begun; sleep 0.5; echo handler ended; exit 0' TERM
echo handler set
while true; do
	sleep 1000 &
	wait $!
done
