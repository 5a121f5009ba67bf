package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/vishvananda/netlink"
)

// PodSpec says what pod to make.
type PodSpec struct {
	// Name is the pod's host name.
	Name string
	// Addr is the pod's address in the network. The zero value means the next free one.
	Addr netip.Addr
}

// Pod is a network namespace with a loopback interface, and eth0 on the network's bridge.
type Pod struct {
	name     string
	addr     netip.Addr
	network  *Network
	ns       *netns
	linkName string // the bridge's side of eth0

	mu         sync.Mutex
	closed     bool
	containers map[string]*Container // nil while a container is being started
	forwarders map[*Forwarder]struct{}
}

// AddPod makes a pod without containers.
func (n *Network) AddPod(ctx context.Context, spec PodSpec) (*Pod, error) {
	fail := func(err error) (*Pod, error) { return nil, fmt.Errorf("cannot add pod %s: %w", spec.Name, err) }
	if spec.Name == "" {
		return fail(errors.New("it has no name"))
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	addr, linkName, err := n.reserve(spec.Addr)
	if err != nil {
		return fail(err)
	}
	ns, err := newNetns()
	if err != nil {
		n.release(addr)
		return fail(err)
	}
	p := &Pod{
		name: spec.Name, addr: addr, network: n, ns: ns, linkName: linkName,
		containers: make(map[string]*Container), forwarders: make(map[*Forwarder]struct{}),
	}
	err = n.bridge.do(p.addLink)
	if err == nil {
		err = ns.do(p.addAddress)
	}
	if err != nil {
		n.release(addr)
		return fail(errors.Join(err, ns.close()))
	}
	n.mu.Lock()
	n.pods[addr] = p
	closed := n.closed
	n.mu.Unlock()
	if closed {
		return fail(errors.Join(errors.New("the network is closed"), p.Close()))
	}
	return p, nil
}

// addLink makes a pair of interfaces, one on the bridge and one in the pod. It runs in the bridge's namespace.
func (p *Pod) addLink() error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MasterIndex = p.linkName, p.network.index
	link := netlink.NewVeth(attrs)
	link.PeerName, link.PeerNamespace = "eth0", netlink.NsFd(p.ns.file.Fd())
	if err := netlink.LinkAdd(link); err != nil {
		return fmt.Errorf("cannot add link: %w", err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("cannot bring up link: %w", err)
	}
	return nil
}

// addAddress runs in the pod's namespace.
func (p *Pod) addAddress() error {
	for _, name := range []string{"lo", "eth0"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("cannot find %s: %w", name, err)
		}
		if name == "eth0" {
			address, err := netlink.ParseAddr(netip.PrefixFrom(p.addr, p.network.prefix.Bits()).String())
			if err != nil {
				return fmt.Errorf("cannot use address: %w", err)
			}
			if err := netlink.AddrAdd(link, address); err != nil {
				return fmt.Errorf("cannot add address: %w", err)
			}
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("cannot bring up %s: %w", name, err)
		}
	}
	return nil
}

// Name returns the pod's host name.
func (p *Pod) Name() string { return p.name }

// Addr returns the pod's address, at which the other pods of its network reach it.
func (p *Pod) Addr() netip.Addr { return p.addr }

// Close kills the pod's containers, closes its forwarders, and takes the pod away. Its address is free again.
func (p *Pod) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	var containers []*Container
	for _, c := range p.containers {
		if c != nil {
			containers = append(containers, c)
		}
	}
	var forwarders []*Forwarder
	for f := range p.forwarders {
		forwarders = append(forwarders, f)
	}
	p.mu.Unlock()

	var errs []error
	for _, f := range forwarders {
		errs = append(errs, f.Close())
	}
	for _, c := range containers {
		errs = append(errs, c.Kill())
	}
	// The kernel deletes the link with the namespace, but takes its time; so its other end is deleted by name.
	if err := p.network.bridge.do(p.deleteLink); !errors.Is(err, net.ErrClosed) { // a closed network took it along
		errs = append(errs, err)
	}
	errs = append(errs, p.ns.close())
	p.network.release(p.addr)
	return errors.Join(errs...)
}

// deleteLink runs in the bridge's namespace.
func (p *Pod) deleteLink() error {
	link, err := netlink.LinkByName(p.linkName)
	if err != nil {
		return fmt.Errorf("cannot find link of pod %s: %w", p.name, err)
	}
	if err := netlink.LinkDel(link); err != nil {
		return fmt.Errorf("cannot delete link of pod %s: %w", p.name, err)
	}
	return nil
}
