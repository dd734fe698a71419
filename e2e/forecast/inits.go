//go:build linux

package main

// deaf ignores SIGTERM, and so does its child.
const deaf = "trap '' TERM; while true; do sleep 1; done"

// initPrograms are inits and supervisors, alone and with children that behave
// or do not.
func initPrograms() []program {
	return []program{
		words("init", "sleep 1000").with("--init"),
		sh("init-shell", "sh", "sleep 1000; true").with("--init"),
		sh("init-deaf", "sh", deaf).with("--init"),
		sh("init-trap-child", "bash", "trap 'exit 0' TERM; sleep 1000; true").with("--init"),
		sh("init-trap-wait", "bash", "trap 'exit 0' TERM; sleep 1000 & wait").with("--init"),
		does("init-nginx", "nginx", "-g", "daemon off;").with("--init"),
		does("init-python", "python3", "-c", "import time; time.sleep(1000)").with("--init"),
		words("init-init", "tini -s -- sleep 1000").with("--init"),
		words("init-node", "node /forecast/plain.js").with("--init"),
		sh("tini-shell", "tini -- sh", "sleep 1000; true"),
		sh("tini-deaf", "tini -- sh", deaf),
		sh("tini-group", "tini -g -- bash", "trap 'exit 0' TERM; sleep 1000; true"),
		sh("tini-deaf-grandchild", "tini -- sh", "("+deaf+"); true"),
		sh("dumb-init-deaf", "dumb-init sh", deaf),
		sh("dumb-init-group", "dumb-init bash", "trap 'exit 0' TERM; sleep 1000; true"),
		sh("dumb-init-single", "dumb-init -c bash", "trap 'exit 0' TERM; sleep 1000; true"),
		does("dumb-init-rewrite", "dumb-init", "--rewrite", "15:3", "nginx", "-g", "daemon off;"),
		sh("catatonit-deaf", "catatonit -- sh", deaf),
		words("supervisord-deaf", "supervisord -n -c /forecast/supervisor-deaf.conf"),
	}
}
