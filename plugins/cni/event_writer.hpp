// SPDX-License-Identifier: Apache-2.0
// Writes an event as a sonde.v1.CniEvent.
#pragma once

#include <string>

#include <sonde/wire.hpp>

#include "cni/event.hpp"

namespace sonde::cni {

// `scratch` is room for texts that are no UTF-8.
void write(wire::writer& out, const event& of, std::string& scratch);

}  // namespace sonde::cni
