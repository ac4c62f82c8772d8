// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/config.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::ebpf::sync {
namespace {

using names = std::vector<std::string>;

std::string_view bytes_of(const sonde_sync_name& name) {
    return {reinterpret_cast<const char*>(name.words), SONDE_SYNC_NAME_SIZE};
}

std::string_view mask_of(const sonde_sync_name& name) {
    return {reinterpret_cast<const char*>(name.masks), SONDE_SYNC_NAME_SIZE};
}

TEST(SyncConfig, names_are_kept_as_the_kernel_keeps_them) {
    const auto made = make_config(names{"etcd", "kube-controller-manager"});
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(bytes_of(made->names[0]), std::string("etcd") + std::string(12, '\0'));
    EXPECT_EQ(mask_of(made->names[0]), std::string(5, '\xff') + std::string(11, '\0')) << "its NUL is compared, too";
    EXPECT_EQ(mask_of(made->names[1]), std::string(16, '\xff'));
    EXPECT_EQ(bytes_of(made->names[1]), std::string("kube-controller") + '\0');
    EXPECT_EQ(bytes_of(made->names[2]), std::string(16, '\0'));
    EXPECT_TRUE(is_any(*made));
}

TEST(SyncConfig, without_names_nothing_is_measured) {
    const auto made = make_config({});
    ASSERT_TRUE(made);
    EXPECT_FALSE(is_any(*made));
}

TEST(SyncConfig, too_many_names_and_what_is_no_name_are_refused) {
    EXPECT_TRUE(make_config(names(8, "a")));
    const auto many = make_config(names(9, "a"));
    ASSERT_FALSE(many);
    EXPECT_THAT(many.error().text, ::testing::HasSubstr("at most 8"));
    for (const char* wrong : {"", "/usr/bin/etcd"}) {
        const auto made = make_config(names{"etcd", wrong});
        ASSERT_FALSE(made) << wrong;
        EXPECT_EQ(made.error().where, wrong);
    }
}

}  // namespace
}  // namespace sonde::ebpf::sync
