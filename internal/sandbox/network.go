package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"

	"github.com/vishvananda/netlink"
)

const bridgeName = "pods"

// Network is a bridge that joins pods, in a network namespace of its own. It leads nowhere else: from a pod, all other
// addresses are unreachable.
type Network struct {
	prefix netip.Prefix
	bridge *netns
	index  int // of the bridge's interface

	program *os.File // what containers without a command run

	mu     sync.Mutex
	closed bool
	pods   map[netip.Addr]*Pod // nil while a pod is being made
	made   int                 // pods so far, for the names of their interfaces
}

// NewNetwork makes a network whose pods have addresses in prefix, such as 10.88.7.0/24. Prefixes of several networks may be
// the same. The first and the last address are not used.
func NewNetwork(ctx context.Context, prefix netip.Prefix) (*Network, error) {
	if !prefix.Addr().Is4() || prefix.Bits() > 29 {
		return nil, fmt.Errorf("cannot make network %s: an IPv4 prefix of at most 29 bits is needed", prefix)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	program, err := copySelf()
	if err != nil {
		return nil, fmt.Errorf("cannot make network %s: %w", prefix, err)
	}
	bridge, err := newNetns()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make network %s: %w", prefix, err), program.Close())
	}
	n := &Network{prefix: prefix.Masked(), bridge: bridge, program: program, pods: make(map[netip.Addr]*Pod)}
	if err := bridge.do(n.addBridge); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make network %s: %w", prefix, err), bridge.close(), program.Close())
	}
	return n, nil
}

func (n *Network) addBridge() error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = bridgeName
	link := &netlink.Bridge{LinkAttrs: attrs}
	if err := netlink.LinkAdd(link); err != nil {
		return fmt.Errorf("cannot add bridge: %w", err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("cannot bring up bridge: %w", err)
	}
	n.index = link.Attrs().Index
	return nil
}

// Prefix returns the network's addresses.
func (n *Network) Prefix() netip.Prefix { return n.prefix }

// Close closes all pods, and takes the network away.
func (n *Network) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	var pods []*Pod
	for _, pod := range n.pods {
		if pod != nil {
			pods = append(pods, pod)
		}
	}
	n.mu.Unlock()

	var errs []error
	for _, pod := range pods {
		errs = append(errs, pod.Close())
	}
	return errors.Join(append(errs, n.bridge.close(), n.program.Close())...)
}

// reserve takes an address, the next free one if want is zero, and a name for the bridge's side of the pod's link.
func (n *Network) reserve(want netip.Addr) (netip.Addr, string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return netip.Addr{}, "", errors.New("the network is closed")
	}
	addr := want
	if !want.IsValid() {
		addr = n.first()
		for n.taken(addr) && n.usable(addr) {
			addr = addr.Next()
		}
	}
	switch {
	case !n.usable(addr) && !want.IsValid():
		return netip.Addr{}, "", fmt.Errorf("all addresses of %s are in use", n.prefix)
	case !n.usable(addr):
		return netip.Addr{}, "", fmt.Errorf("%s is no address for a pod of %s", addr, n.prefix)
	case n.taken(addr):
		return netip.Addr{}, "", fmt.Errorf("address %s is in use", addr)
	}
	n.pods[addr] = nil
	n.made++
	return addr, fmt.Sprintf("pod%d", n.made), nil
}

func (n *Network) first() netip.Addr { return n.prefix.Addr().Next() }

func (n *Network) taken(addr netip.Addr) bool {
	_, taken := n.pods[addr]
	return taken
}

// usable excludes the addresses that stand for the network and for all of its hosts.
func (n *Network) usable(addr netip.Addr) bool {
	return n.prefix.Contains(addr) && n.prefix.Contains(addr.Next()) && addr != n.prefix.Addr()
}

func (n *Network) release(addr netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.pods, addr)
}
