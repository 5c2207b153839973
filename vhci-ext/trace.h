/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: events/vhci_hcd/ in tracefs. What happens to a port and to its URBs, by
 * numbers that mean something outside of this kernel; no addresses.
 * Included by port.c, urb.c and unlink.c, which call trace_vhci_*() with port->lock held,
 * and by trace.c.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vhci_hcd

#if !defined(VHCI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VHCI_TRACE_H

#include <linux/tracepoint.h>
#include <linux/usb.h>

DECLARE_EVENT_CLASS(vhci_urb,
		    TP_PROTO(unsigned int port, u32 seqnum, struct urb *urb,
			     u32 length, int status),
		    TP_ARGS(port, seqnum, urb, length, status),
		    TP_STRUCT__entry(__field(unsigned int, port)
				     __field(u32, seqnum)
				     __field(u32, length)
				     __field(int, status)
				     __field(u8, devnum)
				     __field(u8, ep)
				     __field(u8, type)
				     __field(bool, in)),
		    TP_fast_assign(__entry->port = port;
				   __entry->seqnum = seqnum;
				   __entry->length = length;
				   __entry->status = status;
				   __entry->devnum = usb_pipedevice(urb->pipe);
				   __entry->ep = usb_pipeendpoint(urb->pipe);
				   __entry->type = usb_pipetype(urb->pipe);
				   __entry->in = usb_urb_dir_in(urb);),
		    TP_printk("port=%u seqnum=%u dev=%u ep=%u %s %s length=%u status=%d",
			      __entry->port, __entry->seqnum, __entry->devnum,
			      __entry->ep, __entry->in ? "in" : "out",
			      __print_symbolic(__entry->type,
					       { PIPE_CONTROL, "control" },
					       { PIPE_ISOCHRONOUS, "isochronous" },
					       { PIPE_BULK, "bulk" },
					       { PIPE_INTERRUPT, "interrupt" }),
			      __entry->length, __entry->status));

/* Sent to the server; @length: of its memory. */
DEFINE_EVENT(vhci_urb, vhci_submit,
	     TP_PROTO(unsigned int port, u32 seqnum, struct urb *urb, u32 length,
		      int status),
	     TP_ARGS(port, seqnum, urb, length, status));

/* About to be given back; @length: what was transferred, @status: as the USB core gets it. */
DEFINE_EVENT(vhci_urb, vhci_giveback,
	     TP_PROTO(unsigned int port, u32 seqnum, struct urb *urb, u32 length,
		      int status),
	     TP_ARGS(port, seqnum, urb, length, status));

/* Its driver cancels it; @status: for the giveback. */
DEFINE_EVENT(vhci_urb, vhci_unlink,
	     TP_PROTO(unsigned int port, u32 seqnum, struct urb *urb, u32 length,
		      int status),
	     TP_ARGS(port, seqnum, urb, length, status));

DECLARE_EVENT_CLASS(vhci_conn,
		    TP_PROTO(unsigned int port, u32 devid, int speed, int status),
		    TP_ARGS(port, devid, speed, status),
		    TP_STRUCT__entry(__field(unsigned int, port)
				     __field(u32, devid)
				     __field(int, speed)
				     __field(int, status)),
		    TP_fast_assign(__entry->port = port;
				   __entry->devid = devid;
				   __entry->speed = speed;
				   __entry->status = status;),
		    TP_printk("port=%u devid=%08x speed=%d status=%d",
			      __entry->port, __entry->devid, __entry->speed,
			      __entry->status));

DEFINE_EVENT(vhci_conn, vhci_connect,
	     TP_PROTO(unsigned int port, u32 devid, int speed, int status),
	     TP_ARGS(port, devid, speed, status));

/* All URBs are back; @status: as the log has it, 0 for an orderly end. */
DEFINE_EVENT(vhci_conn, vhci_close,
	     TP_PROTO(unsigned int port, u32 devid, int speed, int status),
	     TP_ARGS(port, devid, speed, status));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
