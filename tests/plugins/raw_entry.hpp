// SPDX-License-Identifier: Apache-2.0
// A correct entry written by hand. Each misbehaving sample takes it, changes one thing, and so breaks one rule.
#pragma once

#include <cstdint>
#include <cstring>
#include <iterator>

#include <poll.h>

#include <sonde/abi.h>

namespace raw {

inline int nothing;  // what `self` points to: these components keep no state

inline sonde_rc create(const sonde_host*, void** self, sonde_error*) SONDE_NOEXCEPT {
    *self = &nothing;
    return SONDE_OK;
}
inline sonde_rc configure(void*, const sonde_config*, sonde_error*) SONDE_NOEXCEPT { return SONDE_OK; }
inline sonde_rc start(void*, sonde_error*) SONDE_NOEXCEPT { return SONDE_OK; }
inline sonde_rc stop(void*, std::int64_t, sonde_error*) SONDE_NOEXCEPT { return SONDE_OK; }
inline void destroy(void*) SONDE_NOEXCEPT {}
inline const void* get_extension(void*, const char*) SONDE_NOEXCEPT { return nullptr; }
inline sonde_rc run(void*, const sonde_run* run, sonde_error*) SONDE_NOEXCEPT {
    pollfd wake{run->wake_fd, POLLIN, 0};
    while (::poll(&wake, 1, -1) < 0 || (run->take_signals(run->context) & SONDE_SIGNAL_STOP) == 0) {
    }
    return SONDE_OK;
}

constexpr sonde_ops good_ops() {
    sonde_ops ops{};
    ops.struct_size = sizeof ops;
    ops.configure = &configure;
    ops.start = &start;
    ops.run = &run;
    ops.stop = &stop;
    ops.destroy = &destroy;
    ops.get_extension = &get_extension;
    return ops;
}

constexpr sonde_component collector(const char* type, const char* summary, const sonde_ops& ops) {
    sonde_component made{};
    made.struct_size = sizeof made;
    made.type = type;
    made.summary = summary;
    made.description = "";
    made.stability = "stable";
    made.option_size = sizeof(sonde_option);
    made.ops = &ops;
    made.create = &create;
    return made;
}

// Factory of the collectors in a constexpr array `Components`.
template <const auto& Components>
struct collectors {
    static const sonde_component* component(std::uint32_t index) SONDE_NOEXCEPT {
        return index < std::size(Components) ? &Components[index] : nullptr;
    }
    static constexpr sonde_factory table{sizeof(sonde_factory), static_cast<std::uint32_t>(std::size(Components)),
                                         &component};
    static const void* get_factory(const char* id) SONDE_NOEXCEPT {
        return std::strcmp(id, SONDE_FACTORY_COLLECTOR) == 0 ? &table : nullptr;
    }
};

template <const auto& Components>
constexpr sonde_entry entry(const char* id) {
    sonde_entry made{};
    constexpr std::uint8_t magic[] = SONDE_ENTRY_MAGIC;
    for (std::size_t i = 0; i < sizeof magic; ++i) {
        made.magic[i] = magic[i];
    }
    made.struct_size = sizeof made;
    made.abi_major = SONDE_ABI_MAJOR;
    made.abi_minor = SONDE_ABI_MINOR;
    made.id = id;
    made.version = "1.0.0";
    made.vendor = "sonde";
    made.license = "Apache-2.0";
    made.sdk_build = SONDE_SDK_BUILD;
    made.get_factory = &collectors<Components>::get_factory;
    return made;
}

}  // namespace raw
