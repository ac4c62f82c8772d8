// SPDX-License-Identifier: Apache-2.0
// Files that are opened in all the ways that hide where they lie.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "bpf/support/descriptor.hpp"
#include "calls.hpp"

extern char** environ;

namespace sonde::ebpf::test {
namespace {

using v1::FileOpen;
namespace fs = std::filesystem;

class FilesTest : public CallsTest {
protected:
    void SetUp() override {
        CallsTest::SetUp();
        std::string name = (fs::temp_directory_path() / "sonde_files_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        root = fs::canonical(name);
        fs::create_directories(root / "real/inner");
        std::ofstream(root / "real/inner/file") << "content";
        fs::create_symlink("real/inner", root / "link");
    }
    void TearDown() override {
        std::error_code ignored;
        fs::remove_all(root, ignored);
        CallsTest::TearDown();
    }
    void launch_files(testing::option_texts texts = {}) {
        texts.push_back({"file_opens", "true"});
        texts.push_back({"file_opens_limit", "100000"});
        launch_with(std::move(texts));
        ASSERT_TRUE(is_served("file.open")) << *driver.ask("features");
    }
    std::optional<FileOpen> open_by(std::uint32_t pid, const std::string& path, std::uint32_t error = 0) {
        const auto told = wait_for<FileOpen>(calls::file_topic, [&](std::uint32_t by, const FileOpen& file) {
            return by == pid && file.path() == path && file.error_code() == error;
        });
        return told ? std::optional(payload_of<FileOpen>(*told)) : std::nullopt;
    }
    std::optional<FileOpen> open_of_ours(const std::string& path, std::uint32_t error = 0) {
        return open_by(static_cast<std::uint32_t>(::getpid()), path, error);
    }
    // How many were told so far, of those that `fits` takes.
    std::size_t told(const std::function<bool(const FileOpen&)>& fits) {
        std::size_t found = 0;
        for (const auto& record : host.lane.envelopes(calls::file_topic)) {
            found += fits(payload_of<FileOpen>(record)) ? 1u : 0u;
        }
        return found;
    }
    [[nodiscard]] std::string file() const { return (root / "real/inner/file").string(); }

    fs::path root;
};
INSTANTIATE_TEST_SUITE_P(Rungs, FilesTest, rungs, rung_name);

using bpf::descriptor;

TEST_P(FilesTest, a_program_that_reads_through_a_link_opens_the_real_file) {
    launch_files();
    const std::string way = root / "link/../inner/file";
    std::array<char, 4> name{"cat"};
    std::string argument = way;
    std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
    pid_t pid = 0;
    ASSERT_EQ(::posix_spawn(&pid, "/bin/cat", nullptr, nullptr, arguments.data(), environ), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
    const auto told = open_by(static_cast<std::uint32_t>(pid), file());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->open_flags() & O_ACCMODE, static_cast<std::uint32_t>(O_RDONLY));
    EXPECT_EQ(told->name(), "cat");
    EXPECT_FALSE(told->path_truncated());
}

TEST_P(FilesTest, relative_paths_are_told_whole) {
    launch_files();
    child reader([&] {
        ::_exit(::chdir((root / "link").c_str()) == 0 && descriptor(::open("../inner/./file", O_RDONLY)) ? 0 : 1);
    });
    const std::uint32_t pid = reader.pid();
    ASSERT_EQ(reader.wait(), 0);
    EXPECT_TRUE(open_by(pid, file()));
}

TEST_P(FilesTest, each_of_the_calls_is_told_with_what_was_asked_for) {
    launch_files();
    const descriptor folder(::open((root / "real").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(folder);
    const descriptor made(::openat(folder.number(), "made", O_RDWR | O_CREAT | O_EXCL, 0640));
    open_how how{};
    how.flags = O_WRONLY | O_CREAT;
    how.mode = 0600;
    const descriptor second(static_cast<int>(::syscall(SYS_openat2, folder.number(), "second", &how, sizeof how)));
    const descriptor third(::creat((root / "real/third").c_str(), 0604));
    ASSERT_TRUE(made && second && third);
    const auto of_folder = open_of_ours(root / "real");
    const auto of_made = open_of_ours(root / "real/made");
    const auto of_second = open_of_ours(root / "real/second");
    const auto of_third = open_of_ours(root / "real/third");
    ASSERT_TRUE(of_folder && of_made && of_second && of_third);
    EXPECT_EQ(of_folder->open_flags(), static_cast<std::uint32_t>(O_RDONLY | O_DIRECTORY));
    EXPECT_EQ(of_folder->mode(), 0u);
    EXPECT_EQ(of_made->open_flags(), static_cast<std::uint32_t>(O_RDWR | O_CREAT | O_EXCL));
    EXPECT_EQ(of_made->mode(), 0640u);
    EXPECT_EQ(of_second->open_flags(), static_cast<std::uint32_t>(O_WRONLY | O_CREAT));
    EXPECT_EQ(of_second->mode(), 0600u);
    EXPECT_EQ(of_third->open_flags(), static_cast<std::uint32_t>(O_WRONLY | O_CREAT | O_TRUNC));
    EXPECT_EQ(of_third->mode(), 0604u);
}

TEST_P(FilesTest, a_changed_root_does_not_hide_where_a_file_lies) {
    launch_files();
    child jailed([&] {
        const bool is_in = ::chroot((root / "real").c_str()) == 0 && ::chdir("/") == 0;
        ::_exit(is_in && descriptor(::open("/inner/file", O_RDONLY)) ? 0 : 1);
    });
    const std::uint32_t pid = jailed.pid();
    ASSERT_EQ(jailed.wait(), 0);
    EXPECT_TRUE(open_by(pid, file()));
}

TEST_P(FilesTest, a_mount_of_another_namespace_has_the_path_that_it_has_there) {
    launch_files();
    fs::create_directory(root / "place");
    child mounter([&] {
        const bool is_there =
            ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
            ::mount((root / "real").c_str(), (root / "place").c_str(), nullptr, MS_BIND, nullptr) == 0;
        ::_exit(is_there && descriptor(::open((root / "place/inner/file").c_str(), O_RDONLY)) ? 0 : 1);
    });
    const std::uint32_t pid = mounter.pid();
    ASSERT_EQ(mounter.wait(), 0);
    EXPECT_TRUE(open_by(pid, root / "place/inner/file"));
}

TEST_P(FilesTest, what_cannot_be_opened_is_told_as_it_was_asked_for) {
    launch_files();
    const std::string way = (root / "link").string() + "/../none";
    ASSERT_EQ(::open(way.c_str(), O_RDONLY), -1);
    const int missing = errno;
    ASSERT_EQ(::open(root.c_str(), O_WRONLY), -1);
    const int is_folder = errno;
    EXPECT_TRUE(open_of_ours(way, static_cast<std::uint32_t>(missing)));
    const auto told = open_of_ours(root, static_cast<std::uint32_t>(is_folder));
    ASSERT_TRUE(told);
    EXPECT_EQ(told->open_flags(), static_cast<std::uint32_t>(O_WRONLY));
}

TEST_P(FilesTest, only_what_is_below_the_given_paths_is_told) {
    launch_files({{"file_open_paths", (root / "none").string() + "," + (root / "real/inner").string()}});
    std::ofstream(root / "real/inner2") << "beside";
    std::ofstream(root / "real/above") << "above";
    std::ofstream(root / "link/below") << "below";
    EXPECT_EQ(::open((root / "real/inner/no").c_str(), O_RDONLY), -1);
    EXPECT_EQ(::open((root / "real/no").c_str(), O_RDONLY), -1);
    // Relative ones count as where they begin.
    const descriptor inside(::open((root / "link").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const descriptor outside(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    EXPECT_EQ(::openat(inside.number(), "relative_no", O_RDONLY), -1);
    EXPECT_EQ(::openat(outside.number(), "beside_no", O_RDONLY), -1);
    const descriptor last(::open(file().c_str(), O_RDONLY));
    ASSERT_TRUE(last);
    ASSERT_TRUE(open_of_ours(file()));
    EXPECT_TRUE(open_of_ours(root / "real/inner/below"));
    EXPECT_TRUE(open_of_ours(root / "real/inner/no", ENOENT));
    EXPECT_TRUE(open_of_ours("relative_no", ENOENT));
    const std::string inner = (root / "real/inner/").string();
    EXPECT_EQ(told([&](const FileOpen& each) {
                  return each.path() != "relative_no" && !(each.path() + "/").starts_with(inner);
              }),
              0u);
}

TEST_P(FilesTest, more_than_the_limit_are_counted_instead_of_told) {
    constexpr std::size_t opened = 300;
    launch_with({{"file_opens", "true"}, {"file_opens_limit", "10"}, {"file_open_paths", root.string()}});
    for (std::size_t i = 0; i < opened; ++i) {
        ASSERT_TRUE(descriptor(::open(file().c_str(), O_RDONLY | O_CLOEXEC)));
    }
    const auto limited = [&] {
        return static_cast<std::size_t>(
            host.metrics.value("ebpf.losses", {{"kind", "file_open"}, {"reason", "rate_limited"}}));
    };
    const auto of_ours = [&] { return told([&](const FileOpen& each) { return each.path() == file(); }); };
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (limited() + of_ours() < opened && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_GT(limited(), 0u);
    EXPECT_EQ(limited() + of_ours(), opened);
}

TEST_P(FilesTest, a_path_of_more_components_than_are_read_says_so) {
    launch_files();
    fs::path deep = root;
    for (int i = 0; i < 60; ++i) {
        deep /= "d" + std::to_string(i);
    }
    fs::create_directories(deep);
    std::ofstream(deep / "file") << "deep";
    const auto told = wait_for<FileOpen>(
        calls::file_topic, [](std::uint32_t, const FileOpen& each) { return each.path().ends_with("/d58/d59/file"); });
    ASSERT_TRUE(told);
    EXPECT_TRUE(payload_of<FileOpen>(*told).path_truncated());
}

}  // namespace
}  // namespace sonde::ebpf::test
