// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <string_view>

#include <fmt/format.h>

namespace sonde::run {

// Linux shows 15 characters of a thread's name.
inline void name_this_thread(std::string_view role, std::string_view instance) {
    ::pthread_setname_np(::pthread_self(), fmt::format("{}:{}", role, instance).substr(0, 15).c_str());
}

}  // namespace sonde::run
