# SPDX-License-Identifier: GPL-2.0-only
# Looks for features by name in the headers of the kernel being built for.
# Included by Kbuild; what the results mean is in compat.h.
compat-has = $(shell grep -qE '$(1)' $(srctree)/include/linux/$(2) && echo y)

ifeq ($(call compat-has,struct usbdrv_wrap,usb.h),y)
compat-flags += -DCOMPAT_USBDRV_WRAP
endif
ifeq ($(call compat-has,WQ_PERCPU,workqueue.h),y)
compat-flags += -DCOMPAT_HAS_WQ_PERCPU
endif
ifeq ($(call compat-has,int ..remove..struct platform_device,platform_device.h),y)
compat-flags += -DCOMPAT_PLATFORM_REMOVE_INT
endif
