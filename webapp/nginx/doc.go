// Package nginx renders the NGINX configuration of "an app behind NGINX": one self-contained file for NGINX 1.22 and later,
// run by an ordinary user.
//
// [Render] turns a [Config] into the file and its generation, a digest of the content that the running NGINX reports on its
// status listener ([PathGeneration]). A file on disk says what was asked for; the generation says what is in force.
//
//	rendered, err := nginx.Render(nginx.Config{
//		Listen:   []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:8080")},
//		Upstream: netip.MustParseAddrPort("127.0.0.1:8081"),
//	})
//
// Everything that enters the file is checked first ([Config.Validate]): a value that could end a directive or begin a
// variable is refused, so no configuration option can add a line to it.
//
// # Changing the configuration without a failed request
//
// NGINX reloads at SIGHUP: new workers start, and the old ones finish what they have begun. Two things are left over, and both
// are taken care of here.
//
//   - A broken configuration is only reported in the log. So write the new file beside the old, try it with [TestCommand], and
//     put it in place after that.
//   - An old worker closes its idle keep-alive connections at once. A request that is on its way on one of them is lost, and
//     only some clients try again; a client that sends without a pause has a request on its way most of the time. So drain
//     first: while the running generation's [DrainFile] exists, every response ends its connection, which tells the client
//     to open a new one, and after a moment ([DrainTime]) no connection in use is a kept one.
//
// The whole sequence, each step of which may be repeated or cut off without harm:
//
//  1. write the new file beside the old, and run [TestCommand] on it;
//  2. put it in place;
//  3. run [ReloadCommand]: it removes what drain files are left over, makes that of the generation that runs, waits DrainTime,
//     and sends SIGHUP;
//  4. wait until PathGeneration answers the new generation, and nothing else for a while: old workers take connections for a
//     moment after the new ones do. They go on draining, since their file stays until the next reload, or the next start
//     ([StartCommand]). The new generation does not look at it.
//
// If step 3 was cut off and the old configuration is wanted again, then nothing is to be reloaded, but the generation that
// runs would drain for ever. [PathGeneration] tells ([Generation]), and [StopDrainCommand] ends it.
//
// What remains: a connection that was idle for longer than DrainTime and whose next request crosses the reload on the wire.
// The window is one network round trip. NGINX 1.27.4 closes it with keepalive_min_timeout; 1.22 and 1.24 cannot.
//
// Seen with NGINX 1.22.1 on a busy machine of two cores, 20 reloads under 50 clients that look for a closed connection before
// each request and never send one again: clients without a pause lost 81 requests when NGINX was only told to reload, and none
// of 163,000 in this way; clients that pause for two seconds, longer than DrainTime, lost one.
package nginx
