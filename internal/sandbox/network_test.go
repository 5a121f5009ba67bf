package sandbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

// server is a web server in Python, on port 8080 of all of a pod's addresses, that answers with the pod's name.
const server = `
import http.server, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(socket.gethostname().encode())
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
`

// echo answers each connection with the number of bytes it has got, once the client says that these were all.
const echo = `
import socket
listener = socket.create_server(("", 9000))
while True:
    connection, _ = listener.accept()
    total = 0
    while data := connection.recv(65536):
        total += len(data)
    connection.sendall(str(total).encode())
    connection.close()
`

func startServer(t *testing.T, pod *sandbox.Pod, program string, port int) {
	t.Helper()
	start(t, pod, sandbox.ContainerSpec{
		Name: "server", Command: []string{"python3", "-c", program}, Env: []string{path}, Output: os.Stderr,
		RunAs: sandbox.Credentials{UID: 584792, GID: 584792},
	})
	eventually(t, func() bool {
		conn, err := pod.DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return err == nil && conn.Close() == nil
	}, "the server is to listen")
}

func get(t *testing.T, client *http.Client, address string) string {
	t.Helper()
	response, err := client.Get("http://" + address)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func TestPodsReachEachOtherAndTheHostReachesThem(t *testing.T) {
	t.Parallel()
	network := newNetwork(t)
	var pods []*sandbox.Pod
	for _, name := range []string{"hello-0", "hello-1"} {
		pod := newPod(t, network, name)
		startServer(t, pod, server, 8080)
		pods = append(pods, pod)
	}
	for i, pod := range pods {
		other := pods[1-i]
		forwarder, err := pod.Forward(t.Context(), "127.0.0.1:0", 8080)
		require.NoError(t, err)
		host := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		require.Equal(t, pod.Name(), get(t, host, forwarder.Addr().String()))

		inside := &http.Client{Transport: &http.Transport{DialContext: pod.DialContext, DisableKeepAlives: true}}
		require.Equal(t, pod.Name(), get(t, inside, "127.0.0.1:8080"))
		require.Equal(t, other.Name(), get(t, inside, other.Addr().String()+":8080"))

		charm := start(t, pod, sandbox.ContainerSpec{Name: "charm"})
		fetch := fmt.Sprintf("python3 -c 'import urllib.request as r; print(r.urlopen(\"http://%s:8080\").read().decode())'", other.Addr())
		require.Equal(t, other.Name()+"\n", shell(t, charm, sandbox.Credentials{UID: 170, GID: 170}, fetch))
	}
}

func TestForwardHalfClosed(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	startServer(t, pod, echo, 9000)
	forwarder, err := pod.Forward(t.Context(), "127.0.0.1:0", 9000)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", forwarder.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, strings.Repeat("x", 1_000_000))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, "1000000", string(answer))
}

func TestForwarderEnds(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	startServer(t, pod, echo, 9000)
	dial := func(f *sandbox.Forwarder) net.Conn {
		conn, err := net.Dial("tcp", f.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "x")
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	refused := func(f *sandbox.Forwarder) {
		_, err := net.Dial("tcp", f.Addr().String())
		require.Error(t, err)
	}
	byItself, err := pod.Forward(t.Context(), "127.0.0.1:0", 9000)
	require.NoError(t, err)
	conn := dial(byItself)
	require.NoError(t, byItself.Close())
	require.NoError(t, byItself.Close())
	_, err = bufio.NewReader(conn).ReadByte()
	require.Error(t, err)
	refused(byItself)

	byPod, err := pod.Forward(t.Context(), "127.0.0.1:0", 9000)
	require.NoError(t, err)
	conn = dial(byPod)
	require.NoError(t, pod.Close())
	_, err = bufio.NewReader(conn).ReadByte()
	require.Error(t, err)
	refused(byPod)

	_, err = pod.Forward(t.Context(), "127.0.0.1:0", 9000)
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestForwardToClosedPortHangsUp(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	forwarder, err := pod.Forward(t.Context(), "127.0.0.1:0", 8080)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", forwarder.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err)
}

func TestDialContext(t *testing.T) {
	t.Parallel()
	network := newNetwork(t)
	pod := newPod(t, network, "hello-0")
	for _, test := range []struct{ network, address, want string }{
		{"tcp", "127.0.0.1:8080", "connection refused"},
		{"tcp", "192.0.2.1:80", "network is unreachable"},
		{"tcp", "localhost:80", "ParseAddr"},
		{"tcp", "[::1]:80", "not an IPv4 address"},
		{"udp", "127.0.0.1:80", "unknown network udp"},
	} {
		_, err := pod.DialContext(t.Context(), test.network, test.address)
		require.ErrorContains(t, err, "cannot dial "+test.address+" from pod hello-0: ")
		require.ErrorContains(t, err, test.want)
	}
	// Nobody has this address: the kernel looks for it for some seconds.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := pod.DialContext(ctx, "tcp", "10.88.7.200:80")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	network, err := sandbox.NewNetwork(t.Context(), netip.MustParsePrefix("10.88.3.9/29"))
	require.NoError(t, err)
	require.Equal(t, "10.88.3.8/29", network.Prefix().String())
	add := func(addr string) (*sandbox.Pod, error) {
		spec := sandbox.PodSpec{Name: "hello-0"}
		if addr != "" {
			spec.Addr = netip.MustParseAddr(addr)
		}
		return network.AddPod(t.Context(), spec)
	}
	pod, err := add("10.88.3.10")
	require.NoError(t, err)
	for _, want := range []string{"10.88.3.9", "10.88.3.11", "10.88.3.12", "10.88.3.13", "10.88.3.14"} {
		next, err := add("")
		require.NoError(t, err)
		require.Equal(t, want, next.Addr().String())
	}
	for addr, want := range map[string]string{
		"":           "all addresses of 10.88.3.8/29 are in use",
		"10.88.3.10": "address 10.88.3.10 is in use",
		"10.88.3.15": "10.88.3.15 is no address for a pod of 10.88.3.8/29",
		"10.88.3.8":  "10.88.3.8 is no address for a pod of 10.88.3.8/29",
		"10.88.4.1":  "10.88.4.1 is no address for a pod of 10.88.3.8/29",
	} {
		_, err := add(addr)
		require.EqualError(t, err, "cannot add pod hello-0: "+want)
	}
	require.NoError(t, pod.Close())
	require.NoError(t, pod.Close())
	again, err := add("")
	require.NoError(t, err)
	require.Equal(t, "10.88.3.10", again.Addr().String())

	require.NoError(t, network.Close())
	require.NoError(t, network.Close())
	_, err = add("")
	require.EqualError(t, err, "cannot add pod hello-0: the network is closed")
	_, err = again.Start(t.Context(), sandbox.ContainerSpec{Name: "app", Root: t.TempDir()})
	require.True(t, errors.Is(err, net.ErrClosed), err)
}

func TestNetworkNeedsIPv4Prefix(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"fd00::/64", "10.88.3.0/30"} {
		_, err := sandbox.NewNetwork(t.Context(), netip.MustParsePrefix(prefix))
		require.EqualError(t, err, "cannot make network "+prefix+": an IPv4 prefix of at most 29 bits is needed")
	}
}

// The host's own interfaces stay as they are.
func TestHostNetworkIsUntouched(t *testing.T) {
	t.Parallel()
	newPod(t, newNetwork(t), "hello-0")
	interfaces, err := net.Interfaces()
	require.NoError(t, err)
	for _, i := range interfaces {
		require.NotContains(t, []string{"pods", "pod1"}, i.Name)
	}
}
