package memory

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Dial implements pebble.Transport: it opens a connection to Pebble within this process.
func (p *Pebble) Dial(context.Context) (net.Conn, error) {
	p.mu.Lock()
	unreachable := p.state.Unreachable
	p.mu.Unlock()
	if unreachable {
		return nil, errUnreachable
	}
	client, server := net.Pipe()
	go p.serveConn(server)
	return client, nil
}

// Serve answers the requests that come to a listener, such as one on a Unix socket, until it is closed.
func (p *Pebble) Serve(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go p.serveConn(conn)
	}
}

// serveConn answers the requests of one connection, the last of which may make a websocket of it.
func (p *Pebble) serveConn(conn net.Conn) {
	reader := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			_ = conn.Close()
			return
		}
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			p.upgrade(r, conn, reader)
			return
		}
		response, err := p.RoundTrip(r)
		if err == nil {
			err = response.Write(conn)
		}
		if err != nil {
			_ = conn.Close()
			return
		}
	}
}

// websocketKey is what the server adds to the client's key (RFC 6455, 1.3).
const websocketKey = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// upgrade makes a connection a websocket of a command.
func (p *Pebble) upgrade(r *http.Request, conn net.Conn, reader *bufio.Reader) {
	task, name, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/tasks/"), "/websocket/")
	s := &socket{conn: conn, reader: reader, ready: make(chan struct{})}
	refused := &answer{http.StatusNotFound, []byte("{}")}
	if ok {
		refused = p.connect(task, name, s)
	}
	if refused != nil {
		response := refused.response(r)
		response.Close = true
		_ = response.Write(conn)
		_ = conn.Close()
		return
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + websocketKey))
	_, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
	close(s.ready)
	if err != nil {
		s.close()
	}
}

// The kinds of frames (RFC 6455, 5.2).
const (
	frameText   = 1
	frameBinary = 2
	frameClose  = 8
	framePing   = 9
	framePong   = 10
)

// maxFrame is the longest frame that is accepted.
const maxFrame = 64 << 20

// endOfStream is the text that ends input or output.
const endOfStream = `{"command":"end"}`

// socket is the server's side of a websocket. As a reader it gives what binary frames hold, up to the end of the stream; what
// is written to it becomes one.
type socket struct {
	conn   net.Conn
	reader *bufio.Reader
	ready  chan struct{} // closed when the handshake is over

	rest []byte // of the last frame
	over error

	mu    sync.Mutex // for writing
	ended bool
}

func (s *socket) close() {
	_ = s.conn.Close()
}

// Read implements io.Reader.
func (s *socket) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.over != nil {
			return 0, s.over
		}
		kind, data, err := s.frame()
		switch {
		case err != nil || kind == frameClose || kind == frameText && string(data) == endOfStream:
			s.over = io.EOF
		case kind == frameBinary:
			s.rest = data
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// frame reads a message of the client, and answers pings.
func (s *socket) frame() (kind byte, data []byte, err error) {
	<-s.ready
	for final := false; !final; {
		var head [2]byte
		if _, err := io.ReadFull(s.reader, head[:]); err != nil {
			return 0, nil, err
		}
		part, code := []byte(nil), head[0]&0xf
		if part, err = s.payload(head[1]); err != nil {
			return 0, nil, err
		}
		switch {
		case code == framePing:
			if err := s.send(framePong, part); err != nil {
				return 0, nil, err
			}
			continue
		case code == framePong:
			continue
		case code == frameClose:
			return frameClose, part, nil
		case code != 0:
			kind = code
		}
		final = head[0]&0x80 != 0
		data = append(data, part...)
	}
	return kind, data, nil
}

// payload reads the content of a frame. length is the second byte of the frame.
func (s *socket) payload(length byte) ([]byte, error) {
	size := uint64(length & 0x7f)
	var extended [8]byte
	switch size {
	case 126:
		if _, err := io.ReadFull(s.reader, extended[:2]); err != nil {
			return nil, err
		}
		size = uint64(binary.BigEndian.Uint16(extended[:2]))
	case 127:
		if _, err := io.ReadFull(s.reader, extended[:]); err != nil {
			return nil, err
		}
		size = binary.BigEndian.Uint64(extended[:])
	}
	if size > maxFrame {
		return nil, errors.New("frame is too long")
	}
	var mask [4]byte
	if length&0x80 != 0 {
		if _, err := io.ReadFull(s.reader, mask[:]); err != nil {
			return nil, err
		}
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(s.reader, data); err != nil {
		return nil, err
	}
	for i := range data {
		data[i] ^= mask[i%4]
	}
	return data, nil
}

// Write implements io.Writer. What comes after the end is dropped.
func (s *socket) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := s.send(frameBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// end tells the client that no more comes.
func (s *socket) end() {
	_ = s.send(frameText, []byte(endOfStream))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

func (s *socket) send(kind byte, data []byte) error {
	<-s.ready
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return io.ErrClosedPipe
	}
	frame := append(make([]byte, 0, len(data)+10), 0x80|kind)
	switch size := len(data); {
	case size < 126:
		frame = append(frame, byte(size))
	case size < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 126), uint16(size))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 127), uint64(size))
	}
	_, err := s.conn.Write(append(frame, data...))
	return err
}

// readControl takes the signals for a command, and kills it when the connection breaks.
func (s *socket) readControl(e *execution) {
	for {
		kind, data, err := s.frame()
		if err != nil || kind == frameClose {
			e.abort()
			return
		}
		var order struct {
			Command string `json:"command"`
			Signal  struct {
				Name string `json:"name"`
			} `json:"signal"`
		}
		if json.Unmarshal(data, &order) == nil && order.Command == "signal" {
			select {
			case e.signals <- order.Signal.Name:
			default:
			}
		}
	}
}
