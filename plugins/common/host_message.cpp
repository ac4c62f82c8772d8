// SPDX-License-Identifier: Apache-2.0
#include "common/host_message.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::common {

void write_host(const host_identity& host, wire::writer& out) {
    std::string scratch;
    const auto text = [&](std::uint32_t field, const std::string& value) {
        out.text_if(field, valid_utf8(value, scratch));
    };
    text(host_field::id, host.id);
    text(host_field::name, host.name);
    text(host_field::arch, host.arch);
    text(host_field::os_type, host.os_type);
    text(host_field::os_name, host.os_name);
    text(host_field::os_version, host.os_version);
    text(host_field::kernel_release, host.kernel_release);
    text(host_field::boot_id, host.boot_id);
    out.uint_if(host_field::cpu_count, host.cpu_count);
    out.uint_if(host_field::memory_total, host.memory_total);
}

}  // namespace sonde::common
