# SPDX-License-Identifier: GPL-2.0-only
# Looks for features by name in the headers of the kernel being built for.
# Included by Kbuild; what the results mean is in compat.h.
compat-has = $(shell grep -qsE '$(1)' $(srctree)/include/$(2) && echo y)

ifeq ($(call compat-has,struct usbdrv_wrap,linux/usb.h),y)
compat-flags += -DCOMPAT_USBDRV_WRAP
endif
ifeq ($(call compat-has,WQ_PERCPU,linux/workqueue.h),y)
compat-flags += -DCOMPAT_HAS_WQ_PERCPU
endif
ifeq ($(call compat-has,int ..remove..struct platform_device,linux/platform_device.h),y)
compat-flags += -DCOMPAT_PLATFORM_REMOVE_INT
endif
ifeq ($(call compat-has,int tcp_sendpage_locked,net/tcp.h),y)
compat-flags += -DCOMPAT_TCP_SENDPAGE
endif
ifeq ($(call compat-has,sk_use_task_frag,net/sock.h),y)
compat-flags += -DCOMPAT_HAS_TASK_FRAG
endif
