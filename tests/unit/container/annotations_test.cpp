// SPDX-License-Identifier: Apache-2.0
#include "container/annotations.hpp"

#include <gtest/gtest.h>

namespace sonde::container {
namespace {

container_facts image(std::string_view reference) {
    container_facts facts;
    take_image(facts, reference);
    return facts;
}

TEST(Annotations, images_split_into_name_tag_and_digest) {
    EXPECT_EQ(image("nginx").image_name, "nginx");
    EXPECT_EQ(image("nginx").image_tag, "");
    EXPECT_EQ(image("registry:5000/a/b").image_name, "registry:5000/a/b");
    const auto whole = image("registry:5000/a/b:1.2@sha256:0123");
    EXPECT_EQ(whole.image_name, "registry:5000/a/b");
    EXPECT_EQ(whole.image_tag, "1.2");
    EXPECT_EQ(whole.image_id, "sha256:0123");
    EXPECT_EQ(image("sha256:0123").image_id, "sha256:0123");
    EXPECT_EQ(image("sha256:0123").image_name, "");
    EXPECT_EQ(image(std::string(64, 'e')).image_id, std::string(64, 'e'));
}

TEST(Annotations, addresses_of_both_families_are_bytes) {
    EXPECT_EQ(address_bytes("10.1.2.3"), std::string("\x0a\x01\x02\x03"));
    EXPECT_EQ(address_bytes("10.1.2.3/24"), std::string("\x0a\x01\x02\x03"));
    EXPECT_EQ(address_bytes("fd00::1").size(), 16u);
    EXPECT_EQ(address_bytes(""), "");
    EXPECT_EQ(address_bytes("10.1.2"), "");
}

TEST(Annotations, times_keep_nanoseconds_and_zones) {
    EXPECT_EQ(unix_time("1970-01-01T00:00:01Z"), 1'000'000'000);
    EXPECT_EQ(unix_time("2023-06-01T12:00:00.123456789Z"), 1'685'620'800'123'456'789);
    EXPECT_EQ(unix_time("2023-06-01T14:00:00.5+02:00"), 1'685'620'800'500'000'000);
    EXPECT_EQ(unix_time("0001-01-01T00:00:00Z"), 0);
    EXPECT_EQ(unix_time("2023-13-01T12:00:00Z"), 0);
    EXPECT_EQ(unix_time("yesterday"), 0);
    EXPECT_EQ(unix_time(""), 0);
}

TEST(Annotations, every_runtimes_names_fill_the_same_fields) {
    container_facts containerd;
    take_annotation(containerd, "io.kubernetes.cri.container-type", "sandbox");
    take_annotation(containerd, "io.kubernetes.cri.sandbox-uid", "u");
    take_annotation(containerd, "io.kubernetes.cri.sandbox-name", "p");
    take_annotation(containerd, "io.kubernetes.cri.sandbox-namespace", "n");
    container_facts crio;
    take_annotation(crio, "io.kubernetes.cri-o.ContainerType", "sandbox");
    take_annotation(crio, "io.kubernetes.pod.uid", "u");
    take_annotation(crio, "io.kubernetes.pod.name", "p");
    take_annotation(crio, "io.kubernetes.pod.namespace", "n");
    EXPECT_EQ(containerd, crio);
    EXPECT_EQ(crio.type, container_type::sandbox);
    take_annotation(crio, "io.kubernetes.cri-o.IP.0", "10.0.0.9");
    EXPECT_EQ(crio.ip_addresses.size(), 1u);
}

}  // namespace
}  // namespace sonde::container
