# later PROGRAM...: the program, a second later.
sleep 1
exec "$@"
