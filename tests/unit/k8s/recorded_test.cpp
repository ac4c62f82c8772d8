// SPDX-License-Identifier: Apache-2.0
// Answers of a real API server (v1.20), lists cut to a few objects: all of them must be understood. Files are named
// NAME.FORM.json, NAME beginning with the resource. SONDE_K8S_DATA names another directory of such files.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "k8s/frame_splitter.hpp"
#include "texts.hpp"

namespace sonde::k8s {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

const kind_info& kind_of(const fs::path& path) {
    const std::string name = path.filename().string();
    return info_of(parse_kinds({name.substr(0, name.find('.'))}).value().front());
}

std::vector<fs::path> recorded(std::string_view form) {
    const char* const elsewhere = std::getenv("SONDE_K8S_DATA");
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(elsewhere != nullptr ? elsewhere : SONDE_TEST_DATA "/k8s")) {
        if (file.path().string().ends_with("." + std::string(form) + ".json")) {
            found.push_back(file.path());
        }
    }
    return found;
}

TEST(Recorded, every_list_is_read_and_every_object_is_whole) {
    std::size_t objects = 0;
    for (const fs::path& path : recorded("list")) {
        document_reader reader({});
        const testing::padded text(content(path));
        const auto page = reader.read_list(text.view(), kind_of(path), [&](const object_facts& object) {
            ++objects;
            EXPECT_FALSE(object.name.empty() || object.uid.empty() || object.resource_version.empty()) << path;
            EXPECT_GT(object.created.count(), 0) << path;
            std::string json;
            reader.render(object, json);
            const testing::padded again(json);
            document_reader other({});
            const auto same = other.read_object(again.view(), kind_of(path));
            ASSERT_TRUE(same) << path;
            EXPECT_EQ((*same)->uid, object.uid);
            EXPECT_EQ((*same)->labels, object.labels);
            EXPECT_EQ((*same)->relations.size(), object.relations.size());
        });
        ASSERT_TRUE(page) << path << ": " << page.error().message();
        EXPECT_EQ(page->malformed, 0U) << path;
        EXPECT_FALSE(page->resource_version.empty()) << path;
    }
    EXPECT_GT(objects, 80U);
}

TEST(Recorded, every_frame_of_every_watch_is_read) {
    std::size_t frames = 0;
    for (const fs::path& path : recorded("watch")) {
        document_reader reader({});
        frame_splitter splitter(1U << 20);
        splitter.feed(content(path), [&](std::string_view line) {
            const auto frame = reader.read_frame(line, kind_of(path));
            EXPECT_TRUE(frame) << path << ": " << (frame ? "" : frame.error().message());
            EXPECT_NE(frame->type, frame_type::unknown);
            EXPECT_EQ(frame->type == frame_type::error, frame->status.code == 410) << path;
            ++frames;
            return true;
        });
        EXPECT_EQ(splitter.is_inside_line(), path.filename().string().starts_with("pods.watch.cut")) << path;
    }
    EXPECT_GT(frames, 60U);
}

TEST(Recorded, every_refusal_says_its_code) {
    std::size_t refusals = 0;
    for (const fs::path& path : recorded("status")) {
        const status_facts said = read_status(content(path));
        if (path.filename().string().starts_with("path.404-admin")) {
            EXPECT_EQ(said.code, 0) << "a list of paths is no Status";
            continue;
        }
        EXPECT_GE(said.code, 400) << path;
        EXPECT_FALSE(said.message.empty()) << path;
        ++refusals;
    }
    EXPECT_GT(refusals, 15U);
}

TEST(Recorded, the_groups_have_slices_in_their_first_version_only) {
    const auto files = recorded("groups");
    ASSERT_FALSE(files.empty());
    const auto groups = read_groups(content(files.front()));
    EXPECT_TRUE(groups.contains("apps/v1"));
    EXPECT_TRUE(groups.contains("discovery.k8s.io/v1beta1"));
    EXPECT_FALSE(groups.contains("discovery.k8s.io/v1"));
}

}  // namespace
}  // namespace sonde::k8s
