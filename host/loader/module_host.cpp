// SPDX-License-Identifier: Apache-2.0
#include "loader/module_host.hpp"

#include <utility>

#include <sonde/text.hpp>

#include "support/clock.hpp"

namespace sonde::loader {

namespace {

std::int64_t monotonic(const sonde_host*) { return support::monotonic_now(); }
std::int64_t wall(const sonde_host*) { return support::wall_now(); }
std::int64_t monotonic_to_wall(const sonde_host*, std::int64_t at) { return at + support::wall_offset(); }

constexpr sonde_host_clock clock_table{sizeof(sonde_host_clock), 0, &monotonic, &wall, &monotonic_to_wall};

}  // namespace

module_host::module_host(std::string id, log_sink log) : id_(std::move(id)), log_(std::move(log)) {
    abi_.struct_size = sizeof abi_;
    abi_.abi_major = SONDE_ABI_MAJOR;
    abi_.abi_minor = SONDE_ABI_MINOR;
    abi_.name = "sonde";
    abi_.version = SONDE_VERSION;
    abi_.context = this;
    abi_.get_extension = &module_host::extension;
}

void module_host::note(std::int32_t level, std::string_view message) const {
    if (log_) {
        log_({id_, level, message, {}, 0});
    }
}

const void* module_host::extension(const sonde_host*, const char* id) {
    static constexpr sonde_host_log log_table{sizeof(sonde_host_log), SONDE_LOG_INFO, &module_host::write};
    const std::string_view wanted = id == nullptr ? std::string_view{} : std::string_view(id);
    if (wanted == SONDE_HOST_LOG) {
        return &log_table;
    }
    return wanted == SONDE_HOST_CLOCK ? &clock_table : nullptr;
}

void module_host::write(const sonde_host* host, std::int32_t level, const sonde_log_site* site, sonde_str message) {
    const auto* me = static_cast<const module_host*>(host->context);
    if (!me->log_) {
        return;
    }
    module_log said{me->id_, level, view(message), {}, 0};
    if (site != nullptr && site->file != nullptr) {
        said.file = site->file;
        said.line = site->line;
    }
    me->log_(said);
}

}  // namespace sonde::loader
