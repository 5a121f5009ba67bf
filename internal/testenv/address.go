package testenv

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
)

// Address returns an IPv4 loopback address with a port that is free, for a server that cannot choose by itself. The address is
// one of millions, so that nobody else takes the port in between.
func Address(t testing.TB) netip.AddrPort {
	t.Helper()
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], 127<<24|1<<16+rand.Uint32N(0xfd_0000))
	listener, err := net.Listen("tcp", netip.AddrPortFrom(netip.AddrFrom4(bytes), 0).String())
	if err != nil {
		t.Fatalf("cannot find a free port: %v", err)
	}
	defer listener.Close()
	return netip.MustParseAddrPort(listener.Addr().String())
}
