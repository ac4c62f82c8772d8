// SPDX-License-Identifier: Apache-2.0
// The sonde_host that a module's init gets: log and clock, nothing else. It lives as long as the module.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <sonde/abi/ext/clock.h>
#include <sonde/abi/ext/log.h>

namespace sonde::loader {

// One line of a module; everything is borrowed for the call.
struct module_log {
    std::string_view module;  // its id
    std::int32_t level = SONDE_LOG_INFO;
    std::string_view message;
    std::string_view file;  // of the call site; may be empty
    std::int32_t line = 0;
};

// Called from any thread of the module.
using log_sink = std::function<void(const module_log&)>;

class module_host final {
public:
    module_host(std::string id, log_sink log);
    module_host(const module_host&) = delete;
    module_host& operator=(const module_host&) = delete;

    [[nodiscard]] const sonde_host* abi() const noexcept { return &abi_; }
    // What the host itself has to say of the module.
    void note(std::int32_t level, std::string_view message) const;

private:
    static const void* extension(const sonde_host* host, const char* id);
    static void write(const sonde_host* host, std::int32_t level, const sonde_log_site* site, sonde_str message);

    std::string id_;
    log_sink log_;
    sonde_host abi_{};
};

}  // namespace sonde::loader
