// SPDX-License-Identifier: Apache-2.0
// Modules of test components. Types of `honest()`: collectors "source" and "relay", which subscribes, enricher
// "refiner", encoder "sink", all written with the SDK; of `honest_upgrade()`: the same with another version.
// `breakers()`: collector "breaker" and encoder "breaker_sink" with hand-made tables that break the ABI's rules.
// `late()`: collector "latecomer".
#pragma once

#include "loader/loader.hpp"

namespace sonde::run::test {

[[nodiscard]] loader::module_ptr honest();
[[nodiscard]] loader::module_ptr honest_upgrade();
[[nodiscard]] loader::module_ptr breakers();
[[nodiscard]] loader::module_ptr late();

}  // namespace sonde::run::test
