// Reads an archive by the reader of the pmtiles package: node read_archive.mjs PACKAGE URL Z/X/Y...
// Writes one line of JSON: header, metadata, and for each tile its bytes in base64, or null.
const [packageFile, url, ...addresses] = process.argv.slice(2);
const { PMTiles } = await import(packageFile);
const archive = new PMTiles(url);
const tiles = {};
for (const address of addresses) {
  const found = await archive.getZxy(...address.split("/").map(Number));
  tiles[address] = found ? Buffer.from(found.data).toString("base64") : null;
}
console.log(JSON.stringify({ header: await archive.getHeader(), metadata: await archive.getMetadata(), tiles }));
