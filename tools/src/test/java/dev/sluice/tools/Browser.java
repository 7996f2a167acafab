// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A headless Chromium, as Debian packages it. */
public final class Browser implements AutoCloseable {
    private static final Path PICTURES = Path.of("target", "pages");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts a browser; the test is skipped if none is installed. */
    public static Browser start() {
        File service = onPath("chromedriver");
        File chromium = onPath("chromium");
        assumeTrue(service != null && chromium != null,
                "chromium, chromedriver: not on the path (Debian: apt-get install chromium chromium-driver)");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium);
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        return new Browser(new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(service)
                .usingAnyFreePort().build(), options));
    }

    private static File onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(folder -> new File(folder, program))
                .filter(File::canExecute).findFirst().orElse(null);
    }

    /**
     * Opens a page in a window of this size.
     *
     * @param scheme light or dark
     */
    public void open(String url, int width, int height, String scheme) {
        driver.manage().logs().get(LogType.BROWSER); // of the page before
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
                List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        resize(width, height);
        driver.get(url);
    }

    private void resize(long width, long height) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride", Map.of("width", width, "height", height,
                "deviceScaleFactor", 1, "mobile", false));
    }

    /** Leaves the page. */
    public void leave() {
        driver.get("about:blank");
    }

    public String text(String selector) {
        return driver.findElement(By.cssSelector(selector)).getText();
    }

    /** Waits until an element contains a text. */
    public void await(String selector, String part) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!text(selector).contains(part)) {
            assertTrue(System.nanoTime() - deadline < 0, () -> selector + ": " + text(selector) + " (expected: " + part
                    + ")");
            Thread.onSpinWait();
        }
    }

    public Object run(String script) {
        return driver.executeScript(script);
    }

    public List<WebElement> find(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    public String title() {
        return driver.getTitle();
    }

    public void type(CharSequence keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    /** Checks that the page is not wider than its window. */
    public void requireNoSidewaysScroll() {
        assertTrue((Boolean) run("return document.documentElement.scrollWidth <= window.innerWidth"),
                "it scrolls sideways");
    }

    /** Writes a picture of the whole page. */
    public void picture(String name) throws IOException {
        resize((Long) run("return window.innerWidth"), (Long) run("return document.documentElement.scrollHeight"));
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    /** Returns the warnings and errors of the page. */
    public List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(Object::toString).toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
