#!/usr/bin/env bash
# Copies the JavaScript libraries that the page imports, with their types and licences, from npm's folder to pkg/vendor/.
. "$(dirname "$0")/env.sh"

cd "$ROOT"
rm -rf pkg/vendor
mkdir -p pkg/vendor
cp node_modules/uplot/dist/uPlot.esm.js pkg/vendor/uplot.js
cp node_modules/uplot/dist/uPlot.d.ts pkg/vendor/uplot.d.ts
cp node_modules/uplot/dist/uPlot.min.css pkg/vendor/uplot.css
cp node_modules/uplot/LICENSE pkg/vendor/uplot.LICENSE
cp node_modules/client-zip/index.js pkg/vendor/client-zip.js
cp node_modules/client-zip/index.d.ts pkg/vendor/client-zip.d.ts
cp node_modules/client-zip/LICENSE.txt pkg/vendor/client-zip.LICENSE
cp node_modules/unzipit/dist/unzipit.module.js pkg/vendor/unzipit.js
cp node_modules/unzipit/LICENSE.md pkg/vendor/unzipit.LICENSE
# What a service worker imports when it starts: only files with these names.
mkdir pkg/vendor/workbox
cp node_modules/workbox-sw/build/workbox-sw.js pkg/vendor/workbox/
for part in core precaching routing strategies; do
  cp "node_modules/workbox-$part/build/workbox-$part.prod.js" pkg/vendor/workbox/
done
cp node_modules/workbox-sw/LICENSE pkg/vendor/workbox/workbox.LICENSE
