/* SPDX-License-Identifier: Apache-2.0 */
/* Everything of the C ABI in one include. C11 and C++17 or later. */
#pragma once

#include "abi/base.h"
#include "abi/batch.h"
#include "abi/component.h"
#include "abi/entry.h"
#include "abi/ext/batch.h"
#include "abi/ext/clock.h"
#include "abi/ext/endpoints.h"
#include "abi/ext/histogram.h"
#include "abi/ext/input.h"
#include "abi/ext/lane.h"
#include "abi/ext/log.h"
#include "abi/ext/metrics.h"
#include "abi/ext/status.h"
#include "abi/ext/subscribers.h"
#include "abi/host.h"
#include "abi/option.h"
