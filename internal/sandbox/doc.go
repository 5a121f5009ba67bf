// Package sandbox runs pods on one machine: small networks of small computers, made of nothing but what the Linux kernel
// gives. It knows nothing of Juju.
//
// A [Network] is a bridge in a network namespace of its own; nothing of it is seen on the host's own interfaces. A [Pod] is
// a network namespace with one address on that bridge, as pods have in Kubernetes: its containers share its ports, and all
// pods of a network reach each other. A [Container] is a process tree with its own root filesystem, process ids, host name
// and System V objects, in the network of its pod.
//
// # Programs that use this package
//
// Containers begin as a second run of the very program that makes them. So each such program calls [Init] before anything
// else, and its tests call it in TestMain:
//
//	func main() {
//		sandbox.Init() // returns at once, unless this process is to become a container
//		...
//	}
//
// Then:
//
//	network, err := sandbox.NewNetwork(ctx, netip.MustParsePrefix("10.88.7.0/24"))
//	pod, err := network.AddPod(ctx, sandbox.PodSpec{Name: "hello-0"})
//	workload, err := pod.Start(ctx, sandbox.ContainerSpec{
//		Name:    "app",
//		Root:    "/var/lib/box/hello-0/app",
//		Command: []string{"/charm/bin/pebble", "run", "--create-dirs", "--hold"},
//		Mounts:  []sandbox.Mount{{Source: pebble, Target: "/charm/bin/pebble", ReadOnly: true}},
//		Env:     []string{"PEBBLE=/charm/container/pebble", "HOME=/root"},
//	})
//
// A container with a Command runs it as process 1. One without a Command only reaps its orphans, and runs programs on
// request: [Container.Exec].
//
// # What a container sees
//
// The root is a directory that the caller owns; what the container writes there is kept for its next start. Over it lie the
// host's /usr (read-only); a fresh /etc with what every user of the host may read there, and accounts of its own; new /proc,
// /dev, /tmp and /run; the description of processors and memory in /sys/devices/system (read-only); and the mounts that the
// caller asks for. The rest of the host cannot be named from inside. Programs that run as root have about the capabilities
// that Docker would leave them.
//
// # Users
//
// Root makes all of this directly, and the numbers of users and groups are real. An ordinary user does it in a user
// namespace ([AsOwner]) in which only his own account exists, under the name of root; each process of a container that
// wants another user id gets a further user namespace in which that account has the wanted number. Files then belong to
// whoever looks: owners are neither set nor compared; and a program that starts as root cannot become somebody else, as
// NGINX's workers and sudo would. [Probe] tells whether the machine allows it, and if not, what to do.
//
// # Nothing stays behind
//
// Namespaces are held by threads and processes only, never by mounts, and the first process of each container dies with
// the program that made it. However that program ends, the kernel ends its pods. The reverse side: those first processes
// are bound to threads of this package, and threads end when a pod is closed. Programs should start no child of their own
// with Pdeathsig from an arbitrary goroutine.
package sandbox
