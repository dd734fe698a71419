package metrics

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// serve serves the exporter on a free port until the test ends, and returns the address.
func serve(t *testing.T, e *Exporter, config string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	server, err := Listen(ctx, e, "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return server.Address()
}

// answer is what the server answers to a request with these headers.
func answer(t *testing.T, method, url string, headers ...string) (status int, kind, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), string(text)
}

func TestServer(t *testing.T) {
	url := "http://" + serve(t, &Exporter{Host: host(demo)}, "")
	for _, test := range []struct {
		method, path string
		headers      []string
		status       int
		kind, has    string
	}{
		{"GET", "/metrics", nil, 200, "text/plain; version=0.0.4", "\npidns_up 1\n"},
		{"GET", "/metrics", []string{"Accept", "application/openmetrics-text;version=1.0.0"}, 200, "application/openmetrics-text; version=1.0.0", "\n# EOF\n"},
		{"GET", "/-/healthy", nil, 200, "text/plain", "healthy"},
		{"GET", "/", nil, 200, "text/html", "/metrics"},
		{"GET", "/debug/pprof/", nil, 404, "", ""},
		{"POST", "/metrics", nil, 405, "", ""},
	} {
		status, kind, body := answer(t, test.method, url+test.path, test.headers...)
		if status != test.status || !strings.HasPrefix(kind, test.kind) || !strings.Contains(body, test.has) {
			t.Errorf("%s %s: %d %s %.200s", test.method, test.path, status, kind, body)
		}
	}
}

// A host that cannot be looked at is a scrape that says so, not an error of HTTP: Prometheus
// would then not read why.
func TestServerWithoutHost(t *testing.T) {
	hangs := func(ctx context.Context) (*inspect.Index, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	url := "http://" + serve(t, &Exporter{Host: host(hangs)}, "")
	status, _, body := answer(t, "GET", url+"/metrics", timeoutHeader, "0.01")
	if status != 200 || !strings.Contains(body, "\npidns_up 0\n") || !strings.Contains(body, `{reason="deadline"} 1`) {
		t.Errorf("%d %s", status, body)
	}
}

// Scrapes that come together have one look.
func TestServerSharesLooks(t *testing.T) {
	var looks atomic.Int64
	waits, goesOn := make(chan struct{}), make(chan struct{})
	e := &Exporter{Host: host(func(ctx context.Context) (*inspect.Index, error) {
		if looks.Add(1) == 1 {
			close(waits)
			<-goesOn
		}
		return demo(ctx)
	})}
	url := "http://" + serve(t, e, "")
	var all sync.WaitGroup
	scrape := func() {
		if _, _, body := answer(t, "GET", url+"/metrics"); !strings.Contains(body, "pidns_up 1") {
			t.Errorf("got %s", body)
		}
	}
	all.Go(scrape)
	<-waits
	for range 9 {
		all.Go(scrape)
	}
	for {
		e.looks.mu.Lock()
		waiting := e.looks.now.waiting
		e.looks.mu.Unlock()
		if waiting == 10 {
			break
		}
		runtime.Gosched()
	}
	close(goesOn)
	all.Wait()
	if looks.Load() != 1 {
		t.Errorf("%d looks", looks.Load())
	}
}

// The configuration of Prometheus' exporters says who may read.
func TestServerWithPassword(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(config, []byte("basic_auth_users:\n  prometheus: "+string(hash)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := serve(t, &Exporter{Host: host(demo)}, config)
	if status, _, body := answer(t, "GET", "http://"+address+"/metrics"); status != 401 || strings.Contains(body, "pidns") {
		t.Errorf("without a password: %d %s", status, body)
	}
	if status, _, _ := answer(t, "GET", "http://prometheus:secret@"+address+"/metrics"); status != 200 {
		t.Errorf("with the password: %d", status)
	}
}

// With a certificate it answers over TLS only.
func TestServerWithTLS(t *testing.T) {
	dir := t.TempDir()
	roots := certified(t, dir)
	config := filepath.Join(dir, "web.yml")
	text := "tls_server_config:\n  cert_file: " + filepath.Join(dir, "cert.pem") + "\n  key_file: " + filepath.Join(dir, "key.pem") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := serve(t, &Exporter{Host: host(demo)}, config)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	response, err := client.Get("https://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != 200 || !strings.Contains(string(body), "pidns_up") {
		t.Errorf("over TLS: %d, %v, %.200s", response.StatusCode, err, body)
	}
	if status, _, body := answer(t, "GET", "http://"+address+"/metrics"); status != 400 || strings.Contains(body, "pidns") {
		t.Errorf("without TLS: %d %s", status, body)
	}
}

// certified writes a key and a certificate of 127.0.0.1 into a folder.
func certified(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	for name, text := range map[string][]byte{"cert.pem": encoded, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(encoded)
	return roots
}

func TestAddress(t *testing.T) {
	for typed, want := range map[string]string{
		"127.0.0.1:9714": "127.0.0.1:9714", ":9714": "127.0.0.1:9714", "0.0.0.0:0": "0.0.0.0:0", "[::1]:9714": "[::1]:9714",
		"[::]:9714": "[::]:9714", "localhost:9714": "localhost:9714", "": "", "9714": "", "host": "", "host:http": "", "host:99999": "", "host:": "",
	} {
		got, err := Address(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", typed, got, err, want)
		}
	}
}

// What prevents a server is one line that names it.
func TestListenRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	broken := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(broken, []byte("tls: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ address, config, want string }{
		{taken.Addr().String(), "", "--listen " + taken.Addr().String() + ": address already in use"},
		{"127.0.0.1:0", "/nonexistent.yml", "--web-config /nonexistent.yml: no such file or directory"},
		{"127.0.0.1:0", broken, "--web-config " + broken + ": yaml:"},
	} {
		server, err := Listen(t.Context(), &Exporter{}, test.address, test.config)
		if err == nil {
			_ = server.listener.Close()
			t.Errorf("%+v: it listens", test)
			continue
		}
		if !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %q, want %q", err, test.want)
		}
	}
}

// Only an address that others reach deserves a warning, and only without a configuration.
func TestIsOpen(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:0": false, "0.0.0.0:0": true, "localhost:0": false} {
		server, err := Listen(t.Context(), &Exporter{}, address, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := server.IsOpen(); got != want {
			t.Errorf("%s: %v", address, got)
		}
		server.config = "web.yml"
		if server.IsOpen() {
			t.Errorf("%s is open with a configuration", address)
		}
		_ = server.listener.Close()
	}
}
