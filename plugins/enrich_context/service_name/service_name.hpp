// SPDX-License-Identifier: Apache-2.0
// Concludes the name of a service from a command line alone: no file is read. Never fails; an empty answer means that
// nothing can be said.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sonde::enrich_context::service_name {

// Of argv. A single argument is split at spaces. In this order: DD_SERVICE=x or DD_TAGS=…service:x before the command;
// what an interpreter runs (java, python, ruby, node, dotnet); the name of the executable.
[[nodiscard]] std::string conclude(std::span<const std::string_view> arguments);

}  // namespace sonde::enrich_context::service_name
