//go:build e2e && reach && linux

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// wantAsHere holds what is printed through a helper at another endpoint against what is printed
// on the engine's own host.
func wantAsHere(t *testing.T, there Call, b *Box, options ...string) {
	t.Helper()
	for _, command := range []string{"tree", "zombies", "ns", "signals", "explain", "host-pid", "doctor"} {
		args := []string{command, b.Name}
		here := PIDNS(t, args...)
		got := there.Run(t, append(args, options...)...).WantStatus(t, here.Status)
		wantSameAnswer(t, args, got, here)
	}
}

// helperBox is a container of an ordinary user with a zombie.
func helperBox(t *testing.T) *Box {
	t.Helper()
	b := Run(t, "--user", "33")
	leaveZombie(t, b)
	return b
}

// By ssh:// to a server on loopback, every command prints what it prints on the host itself.
func TestHelperBySSH(t *testing.T) {
	server, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Fatal("sshd is not installed: make e2e-reach installs it")
	}
	dir, me := ShortDir(t), currentUser(t)
	for _, key := range []string{"host", "user"} {
		if out, err := Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	port := freePort(t)
	config := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %[2]s/host\nAuthorizedKeysFile %[2]s/user.pub\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n", port, dir)
	client := fmt.Sprintf("Host there\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile %s/user\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n", port, me, dir)
	write(t, filepath.Join(dir, "sshd_config"), config)
	write(t, filepath.Join(dir, "ssh_config"), client)
	// docker runs ssh by its name, without options of ours.
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "bin", "ssh"), fmt.Sprintf("#!/bin/sh\nexec %s -F %s/ssh_config \"$@\"\n", ssh, dir))
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	stays(t, server, "-D", "-f", filepath.Join(dir, "sshd_config"))
	there := Call{Env: []string{"DOCKER_HOST=ssh://there", "PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH")}}
	Eventually(t, "sshd to answer", func() bool { return there.Run(t, "version").Status == 0 })
	wantAsHere(t, there, helperBox(t), "--via", "helper")
}

func currentUser(t *testing.T) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return me.Username
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// By tcp:// with TLS in both directions, and by that as one of two docker contexts, every command
// prints what it prints on the host itself.
func TestHelperByTLS(t *testing.T) {
	dir := ShortDir(t)
	authority := newAuthority(t)
	server, client := authority.issue(t, "127.0.0.1"), authority.issue(t, "client")
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	socket, _ := strings.CutPrefix(Suite.Endpoint, "unix://")
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go relayTo(socket)(conn)
		}
	}()
	write(t, filepath.Join(dir, "ca.pem"), string(authority.pem))
	writePair(t, dir, client)
	endpoint := "tcp://" + listener.Addr().String()
	b := helperBox(t)
	wantAsHere(t, Call{Env: []string{"DOCKER_HOST=" + endpoint, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + dir}}, b, "--via", "helper")

	name := "tls-" + Random()
	Docker(t, "context", "create", name, "--docker", fmt.Sprintf("host=%s,ca=%[2]s/ca.pem,cert=%[2]s/cert.pem,key=%[2]s/key.pem", endpoint, dir))
	t.Cleanup(func() { _, _ = Command("docker", "context", "rm", "-f", name) })
	contexts := Call{Env: []string{"DOCKER_HOST="}}
	rows := contexts.Run(t, "tree", b.Name, "--contexts", name+",default", "--via", "helper", "--format", "json").WantStatus(t, 0).Rows(t)
	hosts := map[string]int{}
	for _, r := range rows {
		hosts[r.Host]++
	}
	if len(hosts) != 2 || hosts[name] != hosts["default"] || hosts[name] == 0 {
		t.Errorf("rows by host: %v", hosts)
	}
	contexts.Run(t, "host-pid", b.Name, "--contexts", name+",nosuch-"+name, "--via", "helper").WantStatus(t, 1).Want(t, b.Name).WantError(t, "nosuch-"+name)
}

// authority signs certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pool}
}

// issue is a certificate for a name or an address, for servers and clients.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// writePair writes a client's files as docker looks for them.
func writePair(t *testing.T, dir string, c tls.Certificate) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}
