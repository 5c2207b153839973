// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: vhci_hcd/ports, what the attached devices have done. Not compiled into a
 * kernel without debugfs.
 * May call controller.c for look-up, and core. Called by main.c and by readers.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "vhci.h"

static struct dentry *debug_dir;

/*
 * A port's line, when a device is attached to it. The caller holds vhci_places_lock.
 * While port->conn is set and port->lock held, the connection's closed() has not
 * returned: it has its socket.
 */
static void show_port(struct seq_file *m, struct vhci_port *port)
{
	struct usbipx_path path;
	struct vhci_counts c;
	bool attached, tcp;

	spin_lock_irq(&port->lock);
	attached = port->conn;
	tcp = attached && usbipx_conn_path(port->conn, &path);
	c = port->counts;
	spin_unlock_irq(&port->lock);
	if (!attached)
		return;

	seq_printf(m, "%04u %llu %llu %llu %llu %llu %llu %llu %d",
		   port->number, c.submitted, c.given_back, c.unlinked,
		   c.submitted - c.given_back, c.bytes_in, c.bytes_out,
		   c.timeouts, c.error);
	if (tcp)
		seq_printf(m, " %u %u\n", path.retrans, path.rtt_us);
	else
		seq_puts(m, " - -\n");
}

static int ports_show(struct seq_file *m, void *unused)
{
	const struct vhci_place *place;
	unsigned int n, i;

	seq_puts(m, "port submitted given_back unlinked in_flight ");
	seq_puts(m,
		 "bytes_in bytes_out unlink_timeouts last_error retrans rtt_us\n");
	mutex_lock(&vhci_places_lock);
	for (n = 0; (place = vhci_place(n)); n++) {
		for (i = 0; i < 2 * place->layout.nports; i++) {
			struct vhci_port *port = vhci_place_port(place, i);

			if (port)
				show_port(m, port);
		}
	}
	mutex_unlock(&vhci_places_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ports);

/**
 * vhci_debug_create - make the file; a kernel that cannot goes without
 *
 * Context: process, may sleep.
 */
void vhci_debug_create(void)
{
	debug_dir = debugfs_create_dir(VHCI_NAME, NULL);
	debugfs_create_file("ports", 0444, debug_dir, NULL, &ports_fops);
}

/**
 * vhci_debug_remove - take it away; waits for readers
 *
 * Context: process, may sleep.
 */
void vhci_debug_remove(void)
{
	debugfs_remove_recursive(debug_dir);
}
