//go:build linux

package main

// plainPrograms do nothing special about signals, or little.
func plainPrograms() []program {
	return []program{
		words("sleep", "sleep infinity"),
		words("tail", "tail -f /dev/null"),
		words("cat", "cat").with("-i"),
		words("cat-tty", "cat").with("-i", "-t"),
		words("top", "top -b -d 1"),
		words("top-tty", "top").with("-t"),
		words("busybox-sleep", "busybox sleep 100000"),
		words("busybox-top", "busybox top -b").with("-i"),
		words("busybox-httpd", "busybox httpd -f -p 8080"),
		words("busybox-nc", "busybox nc -l -p 8080"),
		words("busybox-init", "busybox init"),
		words("timeout", "timeout 1000 sleep 900"),
		sh("xargs", "sh", "exec xargs -n1 sleep < /forecast/thousand"),
		does("su", "su", "-s", "/bin/sh", "-c", "sleep 1000; true", "nobody"),
		words("env", "env A=1 sleep 1000"),
		words("watch-tty", "watch date").with("-t"),
		does("script", "script", "-q", "-c", "sleep 1000", "/dev/null"),
	}
}
