package plugin

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestFindPIDs(t *testing.T) {
	for name, test := range map[string]struct {
		input string
		field int
		want  []int
	}{
		"ps aux": {
			"USER PID %CPU\nroot 412 4.2\n1000 21001 3.9", 0, []int{0, 412, 21001},
		},
		"ps -ef: PPID and C are no PID": {
			"UID PID PPID C\nroot 30 1 0", 0, []int{0, 30},
		},
		"a column, whatever the commands say": {"PID CMD\n7 x --pid=5 pid=6", 0, []int{0, 7}},
		"heading in the middle of the input": {
			"hello\nPID CMD\n7 x\nCMD PID\nx 9", 0, []int{0, 0, 7, 0, 9},
		},
		"pid=":    {"oom pid=812 uid=5\nfoo,pid=9,x\nsshd[77]: pid: 12 x\nmypid=5", 0, []int{812, 9, 12, 0}},
		"alone":   {"12\n 13 \n12 13\nx", 0, []int{12, 13, 0, 0}},
		"a field": {"a 1 2\nb 3 4", 3, []int{2, 4}},
		"a field, whatever is headed PID": {
			"UID  PID  PPID  LWP\nroot   8     1    9", 4, []int{0, 9},
		},
		"a field that a line has not": {"PID A B\n8 9", 3, []int{0, 0}},
		"no number is never guessed":  {"load 12 34 of 56", 0, []int{0}},
		"0 and negative are none":     {"0\n-4\n99999999999999999999", 0, []int{0, 0, 0}},
		"a column that has no number": {"PID\nx", 0, []int{0, 0}},
		"a date of five words in front": {
			"                 STARTED STAT   PID COMMAND\nMon Nov 23 16:39:38 2026 Ss   32761 sleep 7\nMon Nov 23 16:39:38 2026 Ss       1 init", 0, []int{0, 32761, 1},
		},
		"commands in front": {
			"COMMAND                       PID\nsleep 1000                  32293\ntwo words 4                     7\nsh                         412345", 0, []int{0, 32293, 7, 412345},
		},
		"commands in front, and one that is too long": {
			"COMMAND         PID\nsleep 1000      293\na command 30 that is too long 44", 0, []int{0, 293, 0},
		},
		"a heading of two words: tree": {
			"HOST PID  CTR PID  USER\n   15864        -  root\n   15884        1  root\n  412345       18  root", 0, []int{0, 15864, 15884, 412345},
		},
		"a heading of two words: zombies": {
			"CONTAINER  HOST PID  CTR PID  COMMAND\ndemo          16097       26  sleep", 0, []int{0, 16097},
		},
		"names in front: fuser": {
			"                     USER        PID ACCESS COMMAND\n/run/docker.sock:    root      22436 F.... dockerd\n                     root      22437 F.... dockerd", 0, []int{0, 22436, 22437},
		},
		"a column that is too wide in front": {
			"   VSZ     PID CMD\n   123     412 x\n12345678901     413 5", 0, []int{0, 412, 413},
		},
		"to the left": {"USER         PID CMD\nwww-data     7   x\nroot         412 x", 0, []int{0, 7, 412}},
		"tabs":        {"USER\tPID\tCMD\nwww-data1\t7\tx\nr\t412\tx", 0, []int{0, 7, 412}},
		"single blanks": {
			"USER PID %CPU\n20012345 412 4.2\nx 7 1", 0, []int{0, 412, 7},
		},
		"a sentence is no heading": {
			"x.service: Can't open PID file\nFailed to read PID\nPID file missing\npid=7 x\n9", 0, []int{0, 0, 0, 7, 9},
		},
		"nvidia-smi": {
			"| Processes:                                                                            |\n|  GPU   GI   CI        PID   Type   Process name                            GPU Memory |\n|        ID   ID                                                             Usage      |\n|=======================================================================================|\n|    0   N/A  N/A     25384      C   nvidia-cuda-mps-server                       26MiB |\n|    1    1    0     342668    M+C   /usr/local/bin/x                            382MiB |\n+---------------------------------------------------------------------------------------+", 0, []int{0, 0, 0, 0, 25384, 342668, 0},
		},
		"nvidia-smi of newer drivers": {
			"|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |\n|    0    1    0          3817640    M+C   /tmp/sample                             648MiB |", 0, []int{0, 3817640},
		},
		"nvidia-smi of older drivers": {
			"| Processes:                                                       GPU Memory |\n|  GPU       PID   Type   Process name                             Usage      |\n|=============================================================================|\n|    0     12656      C   python                                      1024MiB |\n|    0                    Not Supported                                       |", 0, []int{0, 0, 0, 12656, 0},
		},
		"nvidia-smi without processes": {
			"|  GPU   GI   CI        PID   Type   Process name                  GPU Memory |\n|        ID   ID                                                   Usage      |\n|=============================================================================|\n|  No running processes found                                                 |", 0, []int{0, 0, 0, 0},
		},
		"nvidia-smi through grep": {
			"|    0   N/A  N/A            12656      C   python3                                 1234MiB |\n|    1     12657    C+G   /usr/lib/xorg/Xorg   5MiB |\n|    0    1    0          3817640    M+C   /tmp/sample                             648MiB |", 0, []int{12656, 12657, 3817640},
		},
		"nvidia-smi as csv": {
			"pid, process_name, used_gpu_memory [MiB]\n12656, VLLM::EngineCore, 6265 MiB\n12657, [Not Found], [N/A]\n4, [Insufficient Permissions], [N/A]", 0, []int{0, 12656, 12657, 4},
		},
		"nvidia-smi as csv, time and GPU first": {
			"timestamp, gpu_name, pid, process_name, used_gpu_memory [MiB]\n2025/09/07 22:33:21.481, NVIDIA GeForce RTX 3090, 1106871, /app/x, 23342 MiB", 0, []int{0, 1106871},
		},
		"nvidia-smi as csv, the GPU's UUID first": {
			"gpu_uuid, pid, process_name, used_gpu_memory [MiB]\nGPU-a44622e3-2296-6285-0a86-84d0f6c67900, 1328667, /usr/local/bin/python3.10, 130004 MiB", 0, []int{0, 1328667},
		},
		"nvidia-smi as csv, the GPU's UUID first, no heading": {
			"GPU-a44622e3-2296-6285-0a86-84d0f6c67900, 1328667, /usr/local/bin/python3.10, 130004 MiB\nGPU-9d32cee8-9537-2522-d0ab-7d8e1f15ae5a, 1884, [N/A], [Insufficient Permissions]\nGPU-9d32cee8-9537-2522-d0ab-7d8e1f15ae5a, x, 5, 6", 0, []int{1328667, 1884, 0},
		},
		"nvidia-smi as csv, other columns first": {
			"gpu_name, pid\nNVIDIA A100-SXM4-40GB, 12656\nGPU 0", 0, []int{0, 12656, 0},
		},
		"nvidia-smi as csv, one column":  {"pid\n12656", 0, []int{0, 12656}},
		"nvidia-smi as csv, no heading":  {"12656, python, 1024 MiB\n12657, a, b, [Insufficient Permissions]\n12, no, 3", 0, []int{12656, 12657, 0}},
		"nvidia-smi as csv, and a field": {"12656, python, 1024 MiB", 1, []int{12656}},
		"a list of words is no heading":  {"we saw a pid, and another, twice\n7, 8, 9", 0, []int{0, 0}},
		"nvidia-smi pmon": {
			"# gpu        pid  type    sm   mem   enc   dec   command\n# Idx          #   C/G     %     %     %     %   name\n    0      12656     C    15     3     -     -   python\n    0          -     -     -     -     -     -   -", 0, []int{0, 0, 12656, 0},
		},
		"nvidia-smi pmon -s mu, the heading once more": {
			"# gpu         pid   type     fb   ccpm     sm    mem    enc    dec    jpg    ofa    command \n# Idx           #    C/G     MB     MB      %      %      %      %      %      %    name \n    0       1424     G     15      0      -      -      -      -      -      -    Xorg           \n    1          -     -      -      -      -      -      -      -      -      -    -              \n# gpu         pid   type     fb   ccpm     sm    mem    enc    dec    jpg    ofa    command \n    0    3432889   M+C  10120      0      3      1      -      -      -      -    python         ", 0, []int{0, 0, 1424, 0, 0, 3432889},
		},
		"nvidia-smi pmon through grep": {
			"    0     447153     C  7669     -     -     -     -   python3.9      \n    0       1604     G    157      0    Xorg\n    0          -     -     -     -     -     -     -   -              \n    0 12 C of 3", 0, []int{447153, 1604, 0, 0},
		},
		"netstat -tulpn": {
			"Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name    \ntcp        0      0 127.0.0.1:18080         0.0.0.0:*               LISTEN      418/docker-proxy    \ntcp        0      0 0.0.0.0:2024            0.0.0.0:*               LISTEN      -                   \nudp        0      0 0.0.0.0:68              0.0.0.0:*                           77/dhclient         \ntcp6       0      0 fd00:1234:5678:9abc:def0:1:2:3:443 fd00:1234:5678:9abc:def0:1:2:4:55555 ESTABLISHED 12611/nginx: worker", 0, []int{0, 0, 418, 0, 77, 12611},
		},
		"netstat -xlp": {
			"Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path\nunix  2      [ ACC ]     STREAM     LISTENING     48679905 16732/dockerd        /var/run/docker.sock\nunix  2      [ ACC ]     STREAM     LISTENING     51419583 -                    99/x\nunix  2      [ ]         DGRAM                    51419584 7/a b                99/x", 0, []int{0, 16732, 0, 7},
		},
		"netstat through grep": {
			"tcp        0      0 127.0.0.1:18080         0.0.0.0:*               LISTEN      418/docker-proxy    \nudp        0      0 0.0.0.0:68              0.0.0.0:*                           77/dhclient         \ntcp        0      0 0.0.0.0:1               0.0.0.0:*               LISTEN      -\nunix  2      [ ACC ]     STREAM     LISTENING     48679905 16732/dockerd        /var/run/docker.sock", 0, []int{418, 77, 0, 16732},
		},
		"netstat and a field": {"tcp 0 0 127.0.0.1:18080 0.0.0.0:* LISTEN 418/docker-proxy", 7, []int{418}},
		"ss -tlnp": {
			"State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess                               \nLISTEN 0      4096       127.0.0.1:18080      0.0.0.0:*    users:((\"docker-proxy\",pid=418,fd=4))\nLISTEN 0      128          0.0.0.0:2024       0.0.0.0:*                                         \nLISTEN 0 511 *:80 *:* users:((\"nginx\",pid=12,fd=6),(\"nginx\",pid=11,fd=6)) uid:33 ino:5", 0, []int{0, 418, 0, 11},
		},
		"a name that looks like the end of ss's list": {
			"LISTEN 0 5 *:80 *:* users:((\"\",pid=1,fd=3))\",pid=999,fd=3))\nLISTEN 0 5 *:80 *:* users:((\"x\",pid=1,fd=3\",pid=999,fd=3)) cgroup:/a users:((\"x\",pid=1,fd=3))\nLISTEN 0 5 *:80 *:* users:((\"x cgroup:\",pid=9,fd=3))", 0, []int{999, 999, 0},
		},
		"lsof": {
			"COMMAND   PID USER   FD      TYPE             DEVICE SIZE/OFF       NODE NAME\nsleep     943 root  cwd       DIR              0,150     4096    1401787 /\ndockerd 16732 root    4u     unix 0xffff      0t0 5 /run/docker.sock", 0, []int{0, 943, 16732},
		},
		"lsof through grep": {
			"docker-pr 418 root    4u  IPv4 51470514      0t0  TCP 127.0.0.1:18080 (LISTEN)\nsleep     943 root  txt       REG              0,150  1982256    1024378 /bin/busybox\ndockerd 16732 16733 dockerd root 9r FIFO 0,1 0t0 5 pipe\nload 12 of 56 REG x", 0, []int{418, 943, 16732, 0},
		},
		"ps aux through grep": {
			"root         1  2.6  0.0  46912 15156 ?        SLl  06:01  11:25 /init --pid=5\n1000     21001 99.9 12.5 2631220 15156 pts/0    R<+  Nov29 1442:05 node pid=6\nwww-data     7  0.0  0.0      0     0 tty1     Zs   2025   0:00 [sh] <defunct>", 0, []int{1, 21001, 7},
		},
		"ps -ef through grep": {
			"root         1     0  2 06:01 ?        00:11:25 /init pid=5\n1000     21001  2100  0 Nov29 pts/12   1-03:11:25 sleep 7", 0, []int{1, 21001},
		},
		"ps -eLf through grep": {"root         1     0    59  0   14 06:01 ?        00:00:19 /init", 0, []int{1}},
		"ps ax through grep":   {"    1 ?        SLl   11:25 /init\n21001 pts/0    Ss+    0:00 sh -c 7", 0, []int{1, 21001}},
		"ps -e through grep":   {"    1 ?        00:11:25 init\n21001 pts/0    00:00:00 sh", 0, []int{1, 21001}},
		"ps -el through grep":  {"4 S     0 21001     1  2  80   0 - 11728 -      ?        00:11:25 init\n1 S     0     2     0  0  80   0 -     0 kthrea ?        00:00:00 kthreadd", 0, []int{21001, 2}},
		"top -b": {
			"top - 13:19:37 up  7:18,  0 user,  load average: 11.46, 10.34, 10.36\nTasks: 244 total,   3 running, 211 sleeping,   0 stopped,  30 zombie\n\n  PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n16982 root      20   0 1263096   9824   3332 S  66.7   0.0   2:58.57 fc\n 5855 root      39  19 1348156  23460  11928 S  22.2   0.1   0:00.04 compile\ntop - 13:19:40 up  7:18,  0 user,  load average: 11.46, 10.34, 10.36\nTasks: 244 total,   3 running, 211 sleeping,   0 stopped,  30 zombie", 0, []int{0, 0, 0, 0, 16982, 5855, 0, 0},
		},
		"top -b through grep": {"16982 root      20   0 1263096   9824   3332 S  66.7   0.0   2:58.57 fc\n   14 root      rt   0    1.2g  12.5m      0 R   0,0   0,0   0:00,57 x 5", 0, []int{16982, 14}},
		"iotop -b": {
			"Total DISK READ:       163.72 K/s | Total DISK WRITE:        40.93 K/s\n  TID  PRIO  USER     DISK READ  DISK WRITE  SWAPIN      IO    COMMAND\n16770 be/4 root        0.00 B/s   40.93 K/s ?unavailable?  dockerd\n    1 be/4 root        0.00 B/s    0.00 B/s ?unavailable?  init", 0, []int{0, 0, 16770, 1},
		},
		"iotop -b through grep": {"16770 be/4 root        0.00 B/s   40.93 K/s ?unavailable?  dockerd\n13:20:16    59 rt/3 root        0.00 B/s    0.00 B/s  0.00 %  0.00 % x", 0, []int{16770, 59}},
		"pidstat": {
			"Linux 6.18.44 (vm) \t11/30/26 \t_x86_64_\t(2 CPU)\n\n13:20:15      UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command\n13:20:16        0         1    0.93    1.85    0.00    0.00    2.78     0  init\n13:20:16     1000     21001    0.00    0.93    0.00   10.19    0.93     0  x\nAverage:        0        14    0.00    0.93    0.00   10.19    0.93     -  y", 0, []int{0, 0, 0, 1, 21001, 14},
		},
		"pidstat -h":                  {"# Time        UID       PID    %usr %system  %guest   %wait    %CPU   CPU  Command\n13:20:16        0         1    0.41    2.20    0.00    0.00    2.61     0  init", 0, []int{0, 1}},
		"pidstat through grep":        {"13:20:16        0     16732    0.93    1.85    0.00    0.00    2.78     0  dockerd\n01:20:16 PM     0       412    0.00    8.00      0.00       0  dd", 0, []int{16732, 412}},
		"Docker's own log with a PID": {"time=\"2026\" level=info msg=\"starting signal loop\" namespace=moby path=/run/x/" + strings.Repeat("ab", 32) + " pid=412 runtime=x", 0, []int{412}},
	} {
		var got []int
		for _, line := range findPIDs(strings.Split(test.input, "\n"), test.field) {
			got = append(got, line.pid)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// A line that reports the exit of a process has no PID to look up. It has the IDs in it, or in
// the line before it about the same victim. A line that a process has chosen is not such a line
// if the PID is known in another way.
func TestFindEnds(t *testing.T) {
	a, b := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
	oom := func(group, task string, pid int) string {
		return fmt.Sprintf("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=%s,mems_allowed=0,oom_memcg=/docker,task_memcg=%s,task=%s,pid=%d,uid=0", b, group, task, pid)
	}
	const again = "Memory cgroup out of memory: Killed process %d (%s) total-vm:26852kB, anon-rss:15876kB, UID:0 pgtables:76kB oom_score_adj:0"
	for name, test := range map[string]struct {
		input string
		field int
		want  string
	}{
		"dmesg":                  {"[22725.333819] " + oom("/docker/"+a, "sh", 7) + "\n[22725.333840] " + fmt.Sprintf(again, 7, "sh"), 0, a + " ended, " + a + " ended"},
		"dmesg -T":               {"[Mon Nov 30 13:20:16 2026] " + oom("/docker/"+a, "sh", 7), 0, a + " ended"},
		"dmesg -x":               {"kern  :info  : [22725.333819] " + oom("/docker/"+a, "sh", 7), 0, a + " ended"},
		"the journal":            {"Nov 30 13:20:16 vm kernel: " + oom("/system.slice/docker-"+a+".scope", "sh", 7) + "\nNov 30 13:20:16 vm kernel: oom_reaper: reaped process 7 (sh), now anon-rss:0kB", 0, a + " ended, " + a + " ended"},
		"syslog":                 {"Nov 30 13:20:16 vm kernel: [22725.333819] " + oom("/docker/"+a, "sh", 7), 0, a + " ended"},
		"/dev/kmsg":              {"6,1206,12057280263,-;" + oom("/docker/"+a, "sh", 7), 0, a + " ended"},
		"the kernel's own words": {oom("/docker/"+a, "sh", 7) + "\r", 0, a + " ended"},
		"the host's":             {oom("/system.slice/x.service", "sh", 7), 0, " ended"},
		"another victim":         {oom("/docker/"+a, "sh", 7) + "\n" + fmt.Sprintf(again, 8, "sh") + "\n" + fmt.Sprintf(again, 7, "bash"), 0, a + " ended,  ended,  ended"},
		"the PID once more":      {oom("/docker/"+a, "sh", 7) + "\n" + oom("/docker/"+b, "sh", 7) + "\n" + fmt.Sprintf(again, 7, "sh"), 0, a + " ended, " + b + " ended, " + b + " ended"},
		"nested":                 {oom("/docker/"+a+"/docker/"+b, "sh", 7), 0, a + " " + b + " ended"},
		"a name that hides it":   {oom("/docker/"+a, "x,task_memcg=/docker/"+b+",task=y", 7), 0, " ended"},
		"older kernels":          {"Out of memory: Kill process 7 (sh) score 12 or sacrifice child\nKilled process 7 (sh) total-vm:1kB\nOut of memory (oom_kill_allocating_task): Killed process 7 (sh)\nKilled process 7, UID 0, (sh)", 0, " ended,  ended,  ended,  ended"},
		"systemd":                {"Nov 30 13:20:16 vm systemd[1]: app.service: Killing process 7 (sh) with signal SIGKILL.", 0, " ended"},
		"the audit log":          {"type=ANOM_ABEND msg=audit(1:2): auid=0 ses=1 pid=7 comm=\"x\" sig=11\nkernel: audit: type=1701 audit(1:2): auid=0 pid=7 comm=\"x\" sig=6", 0, " ended,  ended"},
		"containerd":             {"msg=\"TaskExit event container_id:\\\"" + a + "\\\" id:\\\"" + a + "\\\" pid:7 exit_status:137\"", 0, a + " ended"},
		"a field":                {"[1] Killed process 7 (sh)\nx 1 y 8 [1] Killed process 7 (sh)", 4, " ended, 8"},
		"a command in ps aux":    {"root         5  0.0  0.0  46912 15156 ?        S    06:01   0:00 [1] Killed process 5 (sh)", 0, "5"},
		"a command below PID":    {"PID CMD\n5 [1] Killed process 5 (sh)", 0, "heading, 5"},
		"Docker's own log":       {"msg=\"shim disconnected\" id=" + a + "\nmsg=\"Container " + a[:12] + " failed to exit\"\nmsg=\"starting\" path=/run/" + a + "/" + b + " pid=7", 0, a + ", " + a[:12] + ", " + a + " " + b + " 7"},
		"no container's ID":      {"sha256:" + a + "\n" + a + "0\n" + strings.ToUpper(a) + "\n0123456789abc\nx" + a[:12], 0, ", , , , "},
		"many":                   {strings.Repeat(a+" ", 20) + a[:12] + " 0123456789ab", 0, a + " " + a[:12] + " 0123456789ab"},
	} {
		var got []string
		for _, line := range findPIDs(strings.Split(test.input, "\n"), test.field) {
			words := append([]string{}, line.ids...)
			if line.pid > 0 {
				words = append(words, fmt.Sprint(line.pid))
			}
			if line.header {
				words = append(words, "heading")
			}
			text := strings.Join(words, " ")
			if line.ended {
				text += " ended"
			}
			got = append(got, text)
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s: got\n%q, want\n%q", name, got, test.want)
		}
	}
}

func FuzzFindPIDs(f *testing.F) {
	f.Add("USER PID %CPU\nroot 412 4.2", 0)
	f.Add("pid=5", 2)
	f.Fuzz(func(t *testing.T, input string, field int) {
		texts := strings.Split(input, "\n")
		lines := findPIDs(texts, field)
		if len(lines) != len(texts) {
			t.Fatalf("%d lines became %d", len(texts), len(lines))
		}
		for i, line := range lines {
			if line.text != texts[i] || line.pid < 0 {
				t.Errorf("line %q became %+v", texts[i], line)
			}
		}
	})
}
