// SPDX-License-Identifier: Apache-2.0
#include "common/host_message.hpp"

#include <array>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/entity.pb.h"

namespace sonde::common {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

v1::Host written(const host_identity& host) {
    std::array<std::uint8_t, 1024> room{};
    wire::writer out(room);
    write_host(host, out);
    v1::Host read;
    EXPECT_TRUE(read.ParseFromArray(room.data(), static_cast<int>(out.size())));
    return read;
}

TEST(HostMessage, numbers_match_the_descriptor) {
    EXPECT_EQ(v1::Host::descriptor()->full_name(), host_type);
    EXPECT_EQ(fields_of(*v1::Host::descriptor()), (numbers{{"id", host_field::id},
                                                           {"name", host_field::name},
                                                           {"arch", host_field::arch},
                                                           {"os_type", host_field::os_type},
                                                           {"os_name", host_field::os_name},
                                                           {"os_version", host_field::os_version},
                                                           {"kernel_release", host_field::kernel_release},
                                                           {"boot_id", host_field::boot_id},
                                                           {"cpu_count", host_field::cpu_count},
                                                           {"memory_total", host_field::memory_total}}));
}

TEST(HostMessage, has_every_field) {
    const v1::Host read = written({"1", "2", "3", "4", "5", "6", "7", "8", 9, 10});
    EXPECT_EQ(read.id() + read.name() + read.arch() + read.os_type() + read.os_name() + read.os_version() +
                  read.kernel_release() + read.boot_id(),
              "12345678");
    EXPECT_EQ(read.cpu_count(), 9u);
    EXPECT_EQ(read.memory_total(), 10u);
}

TEST(HostMessage, a_name_that_is_no_text_becomes_one) {
    host_identity host;
    host.name = "node-\xff";
    EXPECT_EQ(written(host).name(), "node-\xef\xbf\xbd");
}

}  // namespace
}  // namespace sonde::common
