#pragma once
#include <hiredis/hiredis.h>
// Swift's Glibc module leaves this out; the connection's thread is woken through it.
#include <sys/eventfd.h>
