package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
)

const (
	// defaultHost is where the server listens if the address names no host.
	defaultHost = "127.0.0.1"
	// mostScrapes is how many scrapes may wait at the same time.
	mostScrapes = 64
	// headerTimeout is how long a client may take to send its request, and idleTimeout how long
	// it may keep a connection without one.
	headerTimeout, idleTimeout = 10 * time.Second, 2 * time.Minute
	// mostHeader is the greatest length of a request without a body, in bytes.
	mostHeader = 64 << 10
)

// landing is the page at /.
const landing = `<!doctype html><title>docker pidns metrics</title><h1>docker pidns metrics</h1><p><a href="/metrics">/metrics</a></p>
`

// Server serves an exporter's metrics.
type Server struct {
	listener net.Listener
	config   string
	handler  http.Handler
	within   context.Context
}

// Address completes HOST:PORT. Without a host it is that of the loopback interface.
func Address(typed string) (string, error) {
	host, port, err := net.SplitHostPort(typed)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("expected HOST:PORT, such as %s:9714", defaultHost)
	}
	return net.JoinHostPort(cmp.Or(host, defaultHost), port), nil
}

// Listen opens a socket at HOST:PORT. config is the path of a web configuration of Prometheus'
// exporters, with TLS and passwords (https://github.com/prometheus/exporter-toolkit), "" for
// none. The server ends with the context.
func Listen(ctx context.Context, e *Exporter, address, config string) (*Server, error) {
	if err := web.Validate(config); err != nil {
		return nil, fmt.Errorf("--web-config %s: %w", config, cause(err))
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", address, cause(err))
	}
	return &Server{listener: listener, config: config, handler: handler(ctx, e), within: ctx}, nil
}

// cause is what the system says in one line, without the call, the address and the path.
func cause(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return file.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		return operation.Err
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " ")) // errors of YAML have several lines
}

// Address is where the server listens, with the port that the system chose for port 0.
func (s *Server) Address() string { return s.listener.Addr().String() }

// IsOpen reports whether others than programs on this machine can connect, and no web
// configuration says who may.
func (s *Server) IsOpen() bool {
	address, ok := s.listener.Addr().(*net.TCPAddr)
	return s.config == "" && ok && !address.IP.IsLoopback()
}

// Serve serves until the context of Listen ends. Then it closes all connections at once, and
// returns nil.
func (s *Server) Serve() error {
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, IdleTimeout: idleTimeout,
		WriteTimeout: longestTimeout + headerTimeout, MaxHeaderBytes: mostHeader,
		BaseContext: func(net.Listener) context.Context { return s.within },
		ErrorLog:    log.New(io.Discard, "", 0), // anyone who can connect could fill it
	}
	defer context.AfterFunc(s.within, func() { _ = server.Close() })()
	socket := false
	err := web.Serve(s.listener, server, &web.FlagConfig{WebConfigFile: &s.config, WebSystemdSocket: &socket}, slog.New(slog.DiscardHandler))
	if s.within.Err() != nil {
		return nil
	}
	return err
}

// handler answers /metrics, /-/healthy and /.
func handler(within context.Context, e *Exporter) http.Handler {
	mux, slots := http.NewServeMux(), make(chan struct{}, mostScrapes)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			scrape(w, r, within, e)
		default:
			http.Error(w, "too many scrapes at the same time", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "healthy\n") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, landing)
	})
	return mux
}

// scrape answers a scrape before its deadline.
func scrape(w http.ResponseWriter, r *http.Request, within context.Context, e *Exporter) {
	ctx, cancel := context.WithTimeout(r.Context(), timeoutOf(r))
	defer cancel()
	families, _ := e.Measure(ctx, within) // pidns_up and pidns_capture_errors_total have the error
	if r.Context().Err() != nil {
		return
	}
	promhttp.HandlerFor(registryOf(families), promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
}
