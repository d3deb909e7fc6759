import { defineConfig } from 'vitest/config';
import { WxtVitest } from 'wxt/testing/vitest-plugin';

export default defineConfig({
  plugins: [WxtVitest()], // gives tests a `browser` that keeps what it is told in memory
  test: { include: ['tests/**/*.test.ts'] },
});
